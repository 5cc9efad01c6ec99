"""The style sheet of the page: dark on white, readable at the width of a phone."""

CSS = """\
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0; background: #ffffff; color: #1a1a1a; font: 1rem/1.55 system-ui, "DejaVu Sans", sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0.5rem 0 1rem; overflow-wrap: anywhere; }
h2 { font-size: 1.25rem; margin: 2.2rem 0 0.6rem; border-bottom: 1px solid #cccccc; padding-bottom: 0.2rem; }
p, ul, figure { margin: 0.7rem 0; }
p, li, figcaption { max-width: 44rem; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; margin: 0.8rem 0; }
table { border-collapse: collapse; width: max-content; font-size: 0.92rem; font-variant-numeric: tabular-nums; }
th, td { padding: 0.3rem 0.8rem 0.3rem 0; text-align: right; white-space: nowrap; vertical-align: top; }
th[scope="row"] { text-align: left; font-weight: 600; max-width: 20rem; }
thead th { border-bottom: 2px solid #555555; vertical-align: bottom; white-space: normal; max-width: 7rem; }
thead th:first-child { text-align: left; }
tbody tr { border-bottom: 1px solid #e3e3e3; }
.answer { font-size: 1.1rem; font-weight: 600; }
code { font-size: 0.92em; overflow-wrap: anywhere; }
.words { text-align: left; }
.picture { max-width: 36rem; }
.picture svg { width: 100%; height: auto; display: block; }
figcaption { font-size: 0.92rem; color: #333333; }
.passed { color: #00603f; }
.failed { color: #ffffff; background: #b00020; font-weight: 700; padding: 0.1rem 0.35rem; }
.warning { border-left: 4px solid #b35900; background: #fff6e9; padding: 0.6rem 0.6rem 0.6rem 1.8rem; }
math { font-size: 1.08em; }
@media (max-width: 40rem) { th[scope="row"] { white-space: normal; max-width: 9rem; } }
"""
