"""Territories: the codes that ISO 3166-1 assigns, and which of them are in the European Union."""

from __future__ import annotations

ASSIGNED = frozenset(
    """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ
    CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO
    FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE
    JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO
    MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW
    PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM
    TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
    """.split()  # noqa: SIM905 - readable
)
"""The officially assigned alpha-2 codes, from iso3166.tab of the tz database (public domain), which follows ISO/TC 46
N1108 of 2023-04-05."""
EU = frozenset(
    "AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE".split()  # noqa: SIM905 - readable
)
"""The member states of the European Union."""
_OUTERMOST = frozenset(["GF", "GP", "MF", "MQ", "RE", "YT"])
"""Regions that are part of the European Union and have a code of their own."""
_OTHER_CODES = {"EL": "GR", "UK": "GB"}
"""What the European Union writes in place of two codes."""


def read_territory(value: str) -> str:
    """Read a code in either case, EU and the Union's own spellings among them; raise `ValueError` for any other."""
    if not (len(value) == 2 and value.isascii() and value.isalpha()):
        raise ValueError(f"takes a two-letter ISO 3166-1 code or EU, not {value!r}")
    code = _OTHER_CODES.get(value.upper(), value.upper())
    if code in ASSIGNED or code == "EU":
        return code
    raise ValueError(f"takes a code that ISO 3166-1 assigns, or EU, not {value!r}; near it are {_nearest(code)}")


def _nearest(code: str) -> str:
    """Name the code with the letters exchanged if there is one, and codes that share a letter in its place."""

    def distance(other: str) -> tuple[bool, int, str]:
        return other != code[::-1], sum(mine != theirs for mine, theirs in zip(code, other, strict=True)), other

    return ", ".join(sorted(ASSIGNED, key=distance)[:3])


def is_inside(code: str, territories: tuple[str, ...]) -> bool:
    """Tell whether a territory is one of these; EU among them stands for all of its parts."""
    return code in territories or ("EU" in territories and code in EU | _OUTERMOST)


def outside(territories: tuple[str, ...]) -> str | None:
    """Give a territory that is none of these, or None where they are the whole world."""
    return next((code for code in sorted(ASSIGNED) if not is_inside(code, territories)), None)
