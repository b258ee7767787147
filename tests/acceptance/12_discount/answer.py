"""The discount at which a year of 40 GPUs costs what renting them costs: one less the share of its hours that are used."""

import json

HOURS, PRICE, OFFER = 8760, 4.0, 0.3
used = sum(min(level, 40) for level in [15.0] * 12 + [45.0] * 12) / 24  # GPUs in an average hour
even = 1 - used / 40
gap = (PRICE * (1 - OFFER) * 40 - PRICE * used) * HOURS  # what it is dearer as offered
said = {
    "discount": even,
    "gap": -gap,
    "below": "not met",
    "above": "met with room",
    "sentence": [f"A discount of {100 * even:.4g} % of 'one year'", "costs the same as 'rent'"],
    "reason": [f"At {100 * OFFER:g} %", f"${gap / 1e3:.1f}k less than that"],
}
print(json.dumps(said))
