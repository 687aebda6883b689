const escapeHtml = (text: string): string =>
  text.replace(/[&<>"]/gu, (character) => `&#${character.codePointAt(0) ?? 0};`);

export interface HomePageFacts {
  readonly origin: string;
  readonly ttl: string;
  readonly maxSize: number;
  readonly hasV3: boolean;
}

const STYLE = `
:root{color-scheme:light dark;--ink:#1d2329;--soft:#5b6670;--line:#d9dee3;--paper:#fdfdfc;--code:#f1f3f4;--accent:#2f6f9f}
@media(prefers-color-scheme:dark){:root{--ink:#e4e7ea;--soft:#9aa5af;--line:#333b43;--paper:#15191d;--code:#1e2429;--accent:#7fb6dd}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:17px/1.6 system-ui,sans-serif}
main{max-width:42rem;margin:0 auto;padding:4rem 1.25rem 5rem}
h1{font-size:2rem;line-height:1.2;letter-spacing:-.02em;margin:0 0 .5rem}
h2{font-size:1.1rem;margin:2.5rem 0 .5rem}
p{margin:.5rem 0}.lead,footer{color:var(--soft)}
pre{background:var(--code);border:1px solid var(--line);border-radius:8px;padding:.9rem 1rem;overflow-x:auto;font-size:.85rem;line-height:1.5}
code{font-family:ui-monospace,Menlo,Consolas,monospace}
b{color:var(--accent);font-weight:600}
table{border-collapse:collapse;width:100%;font-size:.9rem}
td{border-top:1px solid var(--line);padding:.45rem .6rem .45rem 0;vertical-align:top}td:first-child{white-space:nowrap}
footer{margin-top:3rem;font-size:.85rem}
`.trim();

/** The page for people: what this is, and the line to copy. No script, nothing from elsewhere. */
export function homePage({ origin, ttl, maxSize, hasV3 }: HomePageFacts): string {
  const here = escapeHtml(origin);
  const v3 = hasV3
    ? `<h2>etcd 3.6 and later: v3 discovery</h2>
<pre><code>etcd --name one $(curl -s '<b>${here}/new?size=3&amp;v=3</b>') ...</code></pre>`
    : '';
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="robots" content="noindex"><meta name="referrer" content="no-referrer">
<title>etcd discovery</title><style>${STYLE}</style></head><body><main>
<h1>etcd discovery</h1>
<p class="lead">A meeting point for the members of a new etcd cluster that do not know each
other&rsquo;s addresses yet.</p>
<h2>1. Get a token for your cluster</h2>
<pre><code>curl '<b>${here}/new?size=3</b>'</code></pre>
<p>The answer is a URL. Who has it can join the cluster, so keep it to yourself, and use a new one
for every cluster. It is good for ${escapeHtml(ttl)}.</p>
<h2>2. Start every member with it</h2>
<pre><code>etcd --name one \\
  --initial-advertise-peer-urls http://10.0.0.1:2380 --listen-peer-urls http://10.0.0.1:2380 \\
  --advertise-client-urls http://10.0.0.1:2379 --listen-client-urls http://10.0.0.1:2379 \\
  --discovery <b>URL</b></code></pre>
<p>Each member enters its name and address and waits until all are there; then they found the
cluster together. After that this service is not needed any more, not even for a restart.</p>
${v3}
<h2>What else there is</h2>
<table>
<tr><td><code>GET /new?size=N</code></td><td>a token for a cluster of N members (1 to ${maxSize}, 3 if not said)</td></tr>
<tr><td><code>GET /TOKEN</code></td><td>who has registered so far</td></tr>
<tr><td><code>GET /TOKEN/_config/size</code></td><td>how many are expected</td></tr>
<tr><td><code>DELETE /TOKEN/MEMBER</code></td><td>takes back a member that never came up, while others are still missing</td></tr>
<tr><td><code>GET /health</code>, <code>/metrics</code></td><td>for those who run this</td></tr>
</table>
<footer>Run your own: <code>bin/etcd-discovery</code> of etcd-ts, one command, no database.</footer>
</main></body></html>
`;
}
