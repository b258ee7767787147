"""Tokens of an image: quantity rules of vendors, by pixels (docs/method §5.24). Sizes are numbers or arrays of them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...checks import number, quantities
from ...errors import PriceError, unknown

DUST = 1e-9  # share of a tile that float noise of a scale may add
TILES = {  # OpenAI, tokens of (low detail and base, each tile)
    "gpt-4o": (85, 170),
    "gpt-4.1": (85, 170),
    "gpt-4.5": (85, 170),
    "gpt-4-turbo": (85, 170),
    "gpt-4o-mini": (2833, 5667),
    "o1": (75, 150),
    "o1-pro": (75, 150),
    "o3": (75, 150),
    "gpt-5": (70, 140),
    "computer-use-preview": (65, 129),
}
PATCHES = {
    "gpt-4.1-mini": 1.62,
    "gpt-4.1-nano": 2.46,
    "o4-mini": 1.72,
    "gpt-5-mini": 1.62,
    "gpt-5-nano": 2.46,
}  # multipliers


def tile_tokens(
    width,
    height,
    *,
    detail="high",
    base: float = 85,
    per_tile: float = 170,
    tile: int = 512,
    box: int = 2048,
    short: int = 768,
):
    """OpenAI's tile rule: low detail is `base`; high: fit into a box × box square, then the shorter side down to `short`, then
    base + per_tile for every tile × tile square begun. Small images are not enlarged.

    width, height   pixels, numbers or arrays (...); detail   "high" or "low", one or an array of them

    >>> tile_tokens([1024, 2048, 4096], [1024, 4096, 8192], detail=["high", "high", "low"])
    array([ 765., 1105.,   85.])
    """
    width, height = _pixels(width, height)
    detail = np.asarray(detail)
    for word in np.unique(detail):
        if word not in ("high", "low"):
            raise PriceError(
                unknown(
                    "image tokens",
                    "detail",
                    str(word),
                    ("high", "low"),
                    "auto is decided by the vendor: name what it was.",
                )
            )
    scale = np.minimum(1.0, box / np.maximum(width, height))
    scale = scale * np.minimum(1.0, short / (np.minimum(width, height) * scale))
    tiles = _up(width * scale / tile) * _up(height * scale / tile)
    return np.where(detail == "low", base, base + per_tile * tiles)[()]


def patch_tokens(width, height, multiplier: float = 1.0, patch: int = 32, most: int = 1536):
    """OpenAI's patch rule: patches of 32 × 32 pixels begun, at most 1,536; a larger image is shrunk first until whole patches
    fit; times the model's multiplier.

    The vendor rounds nothing after the multiplier, and so do we: 1,024 × 1.62 is 1,658.88.

    >>> patch_tokens([1024, 1800], [1024, 2400])
    array([1024., 1452.])
    """
    width, height = _pixels(width, height)
    multiplier = number(multiplier, "image tokens: multiplier")
    whole = _up(width / patch) * _up(height / patch)
    shrink = np.sqrt(most * patch**2 / (width * height))
    across, down = width * shrink / patch, height * shrink / patch
    fit = np.minimum(
        np.maximum(np.floor(across + DUST), 1) / across, np.maximum(np.floor(down + DUST), 1) / down
    )
    shrunk = np.minimum(_up(across * fit) * _up(down * fit), most)
    return (np.where(whole > most, shrunk, whole) * multiplier)[()]


def anthropic_tokens(width, height, longest: int = 1568, most: int = 1600):
    """Anthropic's rule: width × height ÷ 750, rounded up; an image whose longer side is over 1,568 pixels, or that would have
    more than about 1,600 tokens, is scaled down first.

    >>> anthropic_tokens([200, 1000, 1092], [200, 1000, 1092])
    array([  54., 1334., 1590.])
    """
    width, height = _pixels(width, height)
    scale = np.minimum(1.0, longest / np.maximum(width, height))
    return np.minimum(_up(width * height * scale**2 / 750), most)[()]


def gemini_tokens(width, height, per_tile: float = 258, small: int = 384):
    """Gemini's rule: both sides up to 384 pixels: 258 tokens; else 258 for every tile, the tile being two thirds of the shorter
    side, 256 to 768 pixels.

    >>> gemini_tokens([384, 960], [384, 540])
    array([ 258., 1548.])
    """
    width, height = _pixels(width, height)
    unit = np.clip(np.floor(np.minimum(width, height) / 1.5), 256, 768)
    tiles = _up(width / unit) * _up(height / unit)
    return np.where((width <= small) & (height <= small), per_tile, per_tile * tiles)[()]


RULES: dict[str, Callable] = {
    "tiles": tile_tokens,
    "patches": patch_tokens,
    "anthropic": anthropic_tokens,
    "gemini": gemini_tokens,
}


def by_rule(rule: str, width, height, **fields):
    """Tokens of images by a rule of RULES; raises PriceError for an unknown one, with the nearest match."""
    if rule not in RULES:
        raise PriceError(unknown("image tokens", "rule", str(rule), RULES))
    return RULES[rule](width, height, **fields)


def image_tokens(model: str, width, height, detail="high"):
    """Tokens of images for an OpenAI model by name, by tiles or patches as the vendor's table says.

    Parameters
    ----------
    model : str
        As the vendor names it.
    width, height : float or array
        Pixels.
    detail : str, optional
        "high" or "low", where the model counts tiles.

    Returns
    -------
    float or array
        Tokens of each image, in the shape of the sizes.

    Raises
    ------
    PriceError
        A model that is in neither table, with the nearest match: use the rule itself then.

    Source
    ------
    docs/method §5.24.

    Examples
    --------
    >>> float(image_tokens("gpt-5", 1024, 1024))
    630.0
    """
    name = str(model).casefold()
    if name in TILES:
        base, per_tile = TILES[name]
        return tile_tokens(width, height, detail=detail, base=base, per_tile=per_tile)
    if name in PATCHES:
        return patch_tokens(width, height, PATCHES[name])
    raise PriceError(
        unknown(
            "image tokens",
            "model",
            str(model),
            [*TILES, *PATCHES],
            "Or state the rule: tiles, patches, anthropic, gemini.",
        )
    )


def _pixels(width, height) -> tuple[np.ndarray, np.ndarray]:
    sides = [
        quantities(f"image tokens: {name}", value)
        for name, value in (("width", width), ("height", height))
    ]
    for name, side in zip(("width", "height"), sides):
        if side.size and side.min() < 1:
            raise PriceError(
                f"image tokens: {name} is {side.min():g}; an image has at least one pixel each way."
            )
    return sides[0], sides[1]


def _up(tiles) -> np.ndarray:
    return np.ceil(np.asarray(tiles) - DUST)
