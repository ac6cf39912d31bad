import { nginx } from './contenders/nginx.ts';
import { haproxy } from './contenders/haproxy.ts';
import { dovecot } from './contenders/dovecot.ts';
import { pipe } from './contenders/pipe.ts';
import { imapveil } from './contenders/imapveil.ts';
import { rows } from './rows.ts';
import { Stage } from './stage.ts';
const root='/work/main/';
const stage = await Stage.set();
try {
const entries=[pipe, imapveil('imapveil'), imapveil('imapveil+script', root+'hooks/imap4.lua'), nginx(), haproxy(), dovecot()];
const cs=[];
for (const e of entries) if ('start' in e) cs.push(await stage.enter(e));
for (const row of rows(0.5)) { for (let r=0;r<4;r++) for (const c of cs) { const x=await stage.run(c,row.job(c.port)); if(r>0) console.log(row.name,c.name,(x.cpu/row.units).toFixed(2),'µs/unit',(row.units/x.seconds).toFixed(0),'/s','busy',x.busy.proxy.toFixed(2),x.busy.load.toFixed(2),x.busy.upstream.toFixed(2)); } }
} finally { await stage.clear(); }
