"""Colours that can be read on white and on black, by those too who see no red or no green.

Text and lines have a relative luminance of about 0.2: a contrast of more than 4 to 1 against white and
against #111 alike. Blue and orange differ under every kind of colour blindness ("Color Universal Design",
2008); what they say is said by place or shape, too.
"""

BID = "#2a7fc9"
ASK = "#cf5c10"
TRADE = "#a35cba"
OTHER = "#66851e"
TEXT = "#757c84"
LINE = "rgba(128, 134, 140, 0.28)"
SOFT = 0.22
"""How opaque an area is whose edge is drawn."""

# cividis ("Optimizing colormaps with consideration for color vision deficiency", 2018) at nine even places
CIVIDIS = ("#00204d", "#00336f", "#39486b", "#575c6d", "#707173", "#8a8779", "#a69d75", "#c4b56c", "#ffea46")


def translucent(colour: str, alpha: float) -> str:
    """colour : "#rrggbb"; alpha : 0 to 1"""
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, {alpha})"
