---@meta imapveil

-- What lua-language-server has to know of the scripts of imapveil: what they define, what they are given, and what
-- their tests may call. Never loaded by the proxy. Name this file's folder in `Lua.workspace.library`, and set
-- `Lua.runtime.version` to "Lua 5.3". docs/scripting.md says more.

---What every function is given last. A new table for each call.
---@class imapveil.Context
---@field session string the session's name in the log
---@field client string the client's address, such as "10.0.0.5"
---@field server string the address that it connected to
---@field serverport integer
---@field tls boolean whether the client's side is encrypted
---@field user string? nil before login, and where the mechanism shows no name
---@field command "LIST"|"LSUB"|"XLIST"|nil the word of the answer that the folder stands in

---0: in the clear until STARTTLS; 1: TLS from the first byte; 3: STARTTLS is required.
---@alias imapveil.Mode 0|1|3

---Called for every capability list that is about to reach a client.
---@param ipaddr string the client's address
---@param capabilities string one space at each end and between words
---@param context imapveil.Context
---@return string capabilities
function DoCapability(ipaddr, capabilities, context) end

---Called for every folder in a LIST, LSUB or XLIST answer.
---@param foldername string UTF-8
---@param attributes string such as "\\HasNoChildren \\Sent"
---@param extended string everything behind the name, with its space; "" when there is nothing
---@param context imapveil.Context
---@return boolean show
---@return string? attributes nil: as the server said
---@return string? extended nil: as the server said
function DoListResult(foldername, attributes, extended, context) end

---Called once a connection, before a byte is sent.
---@param client string the client's address
---@param server string the address that it connected to
---@param serverport integer
---@param mode imapveil.Mode the listener's
---@param context imapveil.Context
---@return imapveil.Mode mode
function GetEncryption(client, server, serverport, mode, context) end

---Called when the name is known and before a password goes to the server.
---@param client string the client's address
---@param user string "" where the mechanism shows no name
---@param context imapveil.Context
---@return boolean allow
---@return string? message what the client is told; nil: a standard text
function DoLogin(client, user, context) end

---Called for the text of the server's greeting.
---@param client string the client's address
---@param greeting string
---@param context imapveil.Context
---@return string greeting
function DoGreeting(client, greeting, context) end

---Called for what a client says of itself (RFC 2971).
---@param client string the client's address
---@param fields table<string, string|false> names in lower case; false is NIL
---@param context imapveil.Context
---@return table<string, string|false> fields
function DoId(client, fields, context) end

---Called for the commands that `hooks.commands` lists.
---@param client string the client's address
---@param command string in upper case, such as "UID EXPUNGE"
---@param arguments string the rest of the command's first line
---@param context imapveil.Context
---@return boolean allow
---@return string? message what the client is told; nil: a standard text
function DoCommand(client, command, arguments, context) end

---Words in the order in which they came; upper and lower case are the same.
---@class imapveil.Words
---@field has fun(self: imapveil.Words, word: string): boolean
---@field add fun(self: imapveil.Words, ...: string): imapveil.Words
---@field remove fun(self: imapveil.Words, ...: string): imapveil.Words
---@field tostring fun(self: imapveil.Words): string as the function that was given the words returns them

imap = {}

---The words of a capability list as a set.
---@param text string
---@return imapveil.Words
function imap.capabilities(text) end

---The attributes of a folder as a set.
---@param text string
---@return imapveil.Words
function imap.attributes(text) end

---Whether a folder matches a pattern of LIST: `*` is anything, `%` anything within one level.
---@param folder string
---@param pattern string
---@param delimiter? string "/" when left out
---@return boolean
function imap.match(folder, pattern, delimiter) end

ip = {}

---Whether an address belongs to one of the networks, such as "10.0.0.0/8" or "2001:db8::/32".
---@param address string
---@param ... string
---@return boolean
function ip.within(address, ...) end

---Lines of the log, at their level; values are written as `print` writes them.
log = {}

---@param ... any
function log.info(...) end

---@param ... any
function log.warn(...) end

---@param ... any
function log.error(...) end

json = {}

---@param text string
---@return any value nil: it is null, or no JSON
---@return string? message why it is no JSON
function json.decode(text) end

---A table with the keys 1 to n is an array, any other an object.
---@param value any
---@return string
function json.encode(value) end

---Shared by all sessions of a worker, until a reload, or until a call that missed its deadline costs the thread.
cache = {}

---@param key any
---@return any value nil: not there, or its time is over
function cache.get(key) end

---@param key any
---@param value any nil takes it out
---@param ttl number the seconds that it is kept
function cache.set(key, value, ttl) end

---@class imapveil.Reply
---@field status integer
---@field headers table<string, string> names in lower case
---@field body string

---@class imapveil.RequestOptions
---@field headers? table<string, string>
---@field timeout? number seconds; never more than `hooks.http.timeout`

---Off until `hooks.http.allow` names a host. In a test, put a table of your own in its place.
http = {}

---@param url string
---@param options? imapveil.RequestOptions
---@return imapveil.Reply? reply
---@return string? message why there is none
function http.get(url, options) end

---@param url string
---@param body string
---@param options? imapveil.RequestOptions
---@return imapveil.Reply? reply
---@return string? message why there is none
function http.post(url, body, options) end

---What `hooks.settings` of proxy.yaml holds.
---@type table<string, any>
config = {}

-- What Lua 5.2 has and Lua 5.3 has not, for scripts from VPOP3.

---`table.unpack`
---@generic T
---@param list T[]
---@param first? integer
---@param last? integer
---@return T ...
function unpack(list, first, last) end

---`load`
---@param chunk string|function text only
---@param name? string
---@param mode? string
---@param environment? table
---@return function? chunk
---@return string? message why there is none
function loadstring(chunk, name, mode, environment) end

---Arguments are taken modulo 2^32, results are from 0 to 2^32 - 1.
bit32 = {}

---@param ... number
---@return number
function bit32.band(...) end

---@param ... number
---@return number
function bit32.bor(...) end

---@param ... number
---@return number
function bit32.bxor(...) end

---Whether the arguments have a bit in common.
---@param ... number
---@return boolean
function bit32.btest(...) end

---@param bits number
---@return number
function bit32.bnot(bits) end

---@param bits number
---@param places integer negative: to the other side
---@return number
function bit32.lshift(bits, places) end

---@param bits number
---@param places integer negative: to the other side
---@return number
function bit32.rshift(bits, places) end

---@param bits number
---@param places integer negative: to the other side
---@return number
function bit32.arshift(bits, places) end

---@param bits number
---@param places integer negative: to the other side
---@return number
function bit32.lrotate(bits, places) end

---@param bits number
---@param places integer negative: to the other side
---@return number
function bit32.rrotate(bits, places) end

---@param bits number
---@param place integer of the lowest bit
---@param width? integer 1 when left out
---@return number
function bit32.extract(bits, place, width) end

---@param bits number
---@param value number
---@param place integer of the lowest bit
---@param width? integer 1 when left out
---@return number
function bit32.replace(bits, value, place, width) end

---In a test file: runs the function at once; an error in it is a failed test.
---@param name string what it shows
---@param run fun()
function test(name, run) end

---In a test file. Tables are compared by what they hold.
---@param expected any
---@param actual any
function assert_equal(expected, actual) end

---In a test file.
---@param value any
function assert_true(value) end

---In a test file.
---@param value any
function assert_false(value) end

---In a test file: the function raises an error.
---@param call fun()
---@param pattern? string a pattern of Lua's that the error's text matches
function assert_error(call, pattern) end
