"""Names that would harm a terminal, a page, a spreadsheet or a folder if they were not escaped."""

ESCAPES = (
    "\x1b[31mred\x1b[0m",
    "\x1b]0;title\x07",
    "\x9b2J",
    "a\rb",
    "line\nerror: forged",
    "\u202egnp.exe",
    "\u2066isolate",
    "zero\u200bwidth",
    "\ufeffmark",
    "para\u2029graph",
)
MARKUP = (
    '<img src=x onerror="alert(1)">',
    "</script><script>alert(1)</script>",
    "'\"`",
)
FORMULAS = ("=cmd|' /C calc'!A0", "+1+1", "-1+1", "@SUM(A1)", "\t=1+1", "\r=1+1", "  =1+1")
LONG = "x" * 5000
NAMES = (*ESCAPES, *MARKUP, *FORMULAS, "../../etc/passwd", LONG)
# Characters that no output may have, line breaks and tabs aside.
FORBIDDEN = "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]"
