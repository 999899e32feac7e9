"""Write an audit as Markdown, or as one self-contained HTML page for light and dark screens of any width."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from llmreg.audit.checks import CHECKS
from llmreg.audit.claims import READ

if TYPE_CHECKING:
    from collections.abc import Callable

    from llmreg.audit.claims import Coverage
    from llmreg.audit.finding import Finding, Side
    from llmreg.audit.report import Audit


def to_markdown(audit: Audit) -> str:
    """Give the whole audit as Markdown."""
    lines = [f"# Audit of {_text(audit.catalog)}", "", f"{_basis(audit)}.", "", "## Evidence", ""]
    lines += ["| kind | entries | claims | read live | stored copy | secondary |", "|---|--:|--:|--:|--:|--:|"]
    for row in audit.coverage:
        shares = " | ".join(percent(row, read) for read in READ)
        lines.append(f"| {row.kind} | {row.entries:,} | {row.claims:,} | {shares} |")
    for kind, findings in audit.findings.items():
        check = CHECKS[kind]
        lines += ["", f"## {check.title} ({len(findings):,})", "", check.meaning, ""]
        for finding in findings:
            lines.append(f"- `{finding.id}`: {_text(finding.text)}")
            lines += [f"  - {_text(line)}" for line in map(side_line, finding.sides)]
    return "\n".join(lines) + "\n"


def _text(words: str) -> str:
    """Keep words from being read as Markdown or HTML, and on one line."""
    marked = " ".join(words.split())
    for sign in "\\`*[]<>":
        marked = marked.replace(sign, f"\\{sign}")
    return marked


def percent(row: Coverage, read: str) -> str:
    """Write a share of claims; nothing where nothing is claimed, and never 100% or 0% for what is not all or none."""
    if not row.claims:
        return "-"
    share = row.share(read)  # type: ignore[arg-type]
    if 0 < share < 0.005:
        return "<1%"
    return ">99%" if 0.995 <= share < 1 else f"{share:.0%}"


def side_line(side: Side) -> str:
    """Write in one line what a side says, and where that was read."""
    source = side.source
    return f"{side.entry}: {side.says}" + (f" - {source} ({source.read}, {source.seen})" if source else "")


def _basis(audit: Audit) -> str:
    return f"Catalog of {audit.catalog_date}, as of {audit.as_of}"


def to_html(audit: Audit) -> str:
    """Give the whole audit as one page that loads nothing else."""
    total = sum(len(found) for found in audit.findings.values())
    sections = "\n".join(_section(kind, found) for kind, found in audit.findings.items())
    return _PAGE.format(
        style=_STYLE,
        script=_SCRIPT,
        title=escape(f"Audit of {audit.catalog}"),
        basis=escape(f"{_basis(audit)}: {total:,} findings"),
        coverage="\n".join(map(_coverage_row, audit.coverage)),
        links="\n".join(_link(kind, len(found)) for kind, found in audit.findings.items()),
        sections=sections,
    )


def _coverage_row(row: Coverage) -> str:
    bar = "".join(f'<i class="{read}" style="flex-grow:{row.read[read]}"></i>' for read in READ)
    shares = "".join(f"<td>{escape(percent(row, read))}</td>" for read in READ)
    return (
        f'<tr><th scope="row">{escape(row.kind)}</th><td>{row.entries:,}</td><td>{row.claims:,}</td>{shares}'
        f'<td class="wide"><span class="bar" aria-hidden="true">{bar}</span></td></tr>'
    )


def _link(kind: str, count: int) -> str:
    shade = "" if count else ' class="none"'
    return f'<li{shade}><a href="#{kind}">{escape(CHECKS[kind].title)}</a> <b>{count:,}</b></li>'


def _section(kind: str, findings: tuple[Finding, ...]) -> str:
    check = CHECKS[kind]
    opened = " open" if len(findings) <= 20 else ""
    items = "\n".join(_item(finding) for finding in findings) or "<li>None.</li>"
    return (
        f'<details id="{kind}"{opened}><summary><h2>{escape(check.title)}</h2> <b>{len(findings):,}</b></summary>'
        f'<p>{escape(check.meaning)}</p><ol class="findings">{items}</ol></details>'
    )


def _item(finding: Finding) -> str:
    sides = "".join(_side(side, finding.id) for side in finding.sides)
    listed = f"<ul>{sides}</ul>" if sides else ""
    return f'<li class="finding"><code>{escape(finding.id)}</code> {escape(finding.text)}{listed}</li>'


def _side(side: Side, of: str) -> str:
    who = f"<code>{escape(side.entry)}</code> " if side.entry != of else ""
    source = side.source
    if source is None:
        return f"<li>{who}{escape(side.says)}</li>"
    place = escape(str(source))
    if source.url and source.url.startswith(("https://", "http://")):
        place = f'<a href="{escape(source.url)}" rel="noreferrer">{place}</a>'
    return f"<li>{who}{escape(side.says)} <small>{place} ({source.read}, {source.seen})</small></li>"


FORMATS: dict[str, Callable[[Audit], str]] = {"markdown": to_markdown, "html": to_html}
"""How an audit is written to be read elsewhere."""

_STYLE = """
:root { color-scheme: light dark; --text: #1b1f24; --soft: #59636e; --line: #d1d9e0; --ground: #fff; --raised: #f6f8fa;
  --link: #0550ae; --live: #1a7f37; --stored-copy: #54aeff; --secondary: #d4a72c; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e6edf3; --soft: #9198a1; --line: #3d444d; --ground: #0d1117; --raised: #151b23; --link: #79c0ff;
    --live: #3fb950; --stored-copy: #388bfd; --secondary: #bb8009; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 60rem; padding: 1rem; background: var(--ground); color: var(--text);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; line-height: 1.2; margin: .5rem 0; } h2 { font-size: 1.1rem; margin: 0; display: inline; }
p, small { color: var(--soft); } a { color: var(--link); } code { font-size: .9em; font-weight: 600; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: .9rem; }
th, td { padding: .3rem .4rem; text-align: right; border-bottom: 1px solid var(--line); overflow-wrap: normal; }
tr > :first-child { text-align: left; } thead th { font-weight: 600; color: var(--soft); vertical-align: bottom; }
.bar { display: flex; height: .7rem; min-width: 6rem; border-radius: .35rem; overflow: hidden;
  background: var(--line); }
.bar i { flex: 0 1 0; } .live { background: var(--live); } .stored-copy { background: var(--stored-copy); }
.secondary { background: var(--secondary); }
.toc { list-style: none; padding: 0; columns: 18rem; } .toc li { padding: .15rem 0; } .none { opacity: .6; }
input { width: 100%; padding: .6rem; font: inherit; color: inherit; background: var(--raised);
  border: 1px solid var(--line); border-radius: .4rem; margin: 1rem 0; }
details { border: 1px solid var(--line); border-radius: .5rem; margin: .8rem 0; padding: .2rem .9rem; }
summary { cursor: pointer; padding: .5rem 0; } .findings { padding-left: 0; list-style: none; margin: 0; }
.finding { border-top: 1px solid var(--line); padding: .5rem 0; } .finding ul { margin: .2rem 0; padding-left: 1.1rem; }
small { display: block; } @media (max-width: 40rem) { .wide { display: none; }
  table { font-size: .78rem; } th, td { padding: .3rem .15rem; } }
"""

_SCRIPT = """
const field = document.querySelector('input'), items = [...document.querySelectorAll('.finding')];
const groups = [...document.querySelectorAll('details')], before = groups.map(group => group.open);
field.hidden = false;
field.addEventListener('input', () => {
  const words = field.value.toLowerCase().split(/\\s+/).filter(Boolean);
  for (const item of items) {
    const text = item.textContent.toLowerCase();
    item.hidden = !words.every(word => text.includes(word));
  }
  groups.forEach((group, index) => {
    const any = group.querySelector('.finding:not([hidden])') !== null;
    group.hidden = words.length > 0 && !any;
    group.open = words.length ? any : before[index];
  });
});
addEventListener('hashchange', openNamed);
function openNamed() {
  const named = document.getElementById(location.hash.slice(1));
  if (named && named.tagName === 'DETAILS') named.open = true;
}
openNamed();
"""

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<h1>{title}</h1>
<p>{basis}.</p>
<table>
<thead><tr><th scope="col">kind</th><th scope="col">entries</th><th scope="col">claims</th>
<th scope="col">read live</th><th scope="col">stored copy</th><th scope="col">second&shy;ary</th>
<th class="wide"></th></tr></thead>
<tbody>
{coverage}
</tbody>
</table>
<ul class="toc">
{links}
</ul>
<input type="search" placeholder="Show findings with these words" aria-label="Show findings with these words" hidden>
{sections}
<script>{script}</script>
</body>
</html>
"""
