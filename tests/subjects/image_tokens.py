"""`image_tokens`: tokens of images by a vendor's rule or by the model's name, and their cost (tests/spec/tokens/README.md)."""

import numpy as np

from finops_model.prices.tokens import images as tokens_images

from . import known

FIELDS = {
    "tiles": {"base", "per_tile", "tile", "box", "short"},
    "patches": {"multiplier", "patch", "most"},
    "anthropic": {"longest", "most"},
    "gemini": {"per_tile", "small"},
}


def evaluate(subject: dict, given: dict) -> dict:
    known(
        given,
        {"images", "width", "height", "detail", "count", "price_per_million"},
        "given of an image sentence",
    )
    if "images" in given:
        assert "width" not in given and "height" not in given, (
            "give images: [[width, height, detail], …], or width and height"
        )
        width, height = ([image[i] for image in given["images"]] for i in (0, 1))
        detail = [
            image[2] if len(image) > 2 else given.get("detail", "high") for image in given["images"]
        ]
    else:
        width, height, detail = given["width"], given["height"], given.get("detail", "high")
    if "model" in subject:
        known(subject, {"model"}, "image_tokens by model")
        tokens = tokens_images.image_tokens(subject["model"], width, height, detail)
    else:
        rule = subject["rule"]
        known(subject, {"rule"} | FIELDS.get(rule, set()), f"image_tokens by {rule}")
        more = {key: value for key, value in subject.items() if key != "rule"}
        if rule == "tiles":
            more["detail"] = detail
        tokens = tokens_images.by_rule(rule, width, height, **more)
    result = {"tokens": tokens, "total": float(np.sum(tokens * np.asarray(given.get("count", 1))))}
    if "price_per_million" in given:
        result["cost"] = result["total"] * given["price_per_million"] / 1e6
    return result
