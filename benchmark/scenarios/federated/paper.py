"""End values that are printed in Rong et al., IJCAI 2022, for pictures and tests to be held against."""

from __future__ import annotations

ENDS: dict[tuple[str, str, float], dict[str, float]] = {
    ("poisonfed-ml", "a-hum", 0.001): {"ER@5": 0.5728, "ER@10": 1.0},
    ("poisonfed-ml", "a-ra", 0.001): {"ER@5": 0.2302, "ER@10": 0.59},
    **{
        (data, attack, share): {f"ER@{k}": 1.0 for k in (5, 10, 20, 30)}
        for data, share in (("poisonfed-ml", 0.005), ("poisonfed-az", 0.001))
        for attack in ("a-ra", "a-hum")
    },
}
"""Data set, attack and share of malicious clients to metric and value (section 5.4; 5.2: "maintaining" 1)."""
