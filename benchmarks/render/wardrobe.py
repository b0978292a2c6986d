"""What a person may wear, by name: skins, hair, eyes, shoes and outfits, and the pictures that each one needs. Names only."""

from pathlib import Path
from typing import Any, Final, NamedTuple

ASSETS: Final = Path(__file__).parent / "assets"
PLAIN: Final = (1.0, 1.0, 1.0)
# The packed pictures show dark skin on men only. A light one times this has the middle colour of theirs (103, 61, 43 over 205, 159, 125).
DARK: Final = (0.50, 0.38, 0.34)


class Skin(NamedTuple):
    """A picture, and what its colours are multiplied with (red, green, blue)."""

    texture: str
    tint: tuple[float, float, float] = PLAIN


class Outfit(NamedTuple):
    """A mesh with its picture and relief (None: plain cloth, no relief), how much of it is worn, and what is painted on the skin."""

    mesh: str | None
    worn: str = "both"  # "both" pieces of the mesh, its "top", or "" where all is painted
    painted_top: str | None = None  # tank, tee, long
    painted_bottom: str | None = None  # leggings, shorts
    texture: str | None = None
    relief: str | None = None


SKINS: Final[dict[str, tuple[Skin, ...]]] = {
    "male": (
        Skin("skin_young_lightskinned_male"),
        Skin("skin_young_lightskinned_male2"),
        Skin("skin_young_lightskinned_male3"),
        Skin("skin_middleage_lightskinned_male"),
        Skin("skin_middleage_lightskinned_male2"),
        Skin("skin_young_darkskinned_male"),
        Skin("skin_middleage_darkskinned_male"),
    ),
    "female": (
        Skin("skin_young_lightskinned_female2"),
        Skin("skin_young_lightskinned_female3"),
        Skin("skin_middleage_lightskinned_female2"),
        Skin("skin_young_lightskinned_female3", DARK),
    ),
}
HAIR: Final[dict[str, tuple[str, ...]]] = {
    "male": ("hair_short1", "hair_short2", "hair_short4", "none"),
    "female": ("hair_ponytail", "hair_ponytail", "hair_bob", "hair_short3", "hair_short1"),
}
HAIR_COLOURS: Final = (
    (0.12, 0.09, 0.07),
    (0.25, 0.17, 0.1),
    (0.4, 0.28, 0.16),
    (0.62, 0.5, 0.3),
    (0.35, 0.16, 0.08),
    (0.45, 0.43, 0.4),
)
EYES: Final = ("brownlight_eye", "blue_eye", "green_eye", "grey_eye")
SHOES: Final = ("shoes_a", "shoes_b", "shoes_c")

_TEE_SHORTS: Final = Outfit("f_tee_shorts", relief="f_tee_shorts_n")
_F_TEE_JEANS: Final = Outfit("f_tee_jeans", texture="f_tee_jeans")
_M_TEE_JEANS: Final = Outfit("m_tee_jeans", texture="m_tee_jeans")
_M_TEE2_JEANS: Final = Outfit("m_tee2_jeans", texture="m_tee2_jeans", relief="m_tee2_jeans_n")
OUTFITS: Final[dict[str, Outfit]] = {
    "f_sport": Outfit("f_sport", texture="f_sport", relief="f_sport_n"),
    "f_tee_jeans": _F_TEE_JEANS,
    "f_tee_shorts": _TEE_SHORTS,
    "f_tee_leggings": _F_TEE_JEANS._replace(worn="top", painted_bottom="leggings"),
    "m_tee_jeans": _M_TEE_JEANS,
    "m_tee2_jeans": _M_TEE2_JEANS,
    "m_long_jeans": Outfit("m_long_jeans", texture="m_long_jeans"),
    "m_tee_tights": _M_TEE_JEANS._replace(worn="top", painted_bottom="leggings"),
    "m_tee_shorts": _M_TEE2_JEANS._replace(worn="top", painted_bottom="shorts"),
    "fitted_tank_leggings": Outfit(None, "", "tank", "leggings"),
    "fitted_tee_shorts": Outfit(None, "", "tee", "shorts"),
    "fitted_long_leggings": Outfit(None, "", "long", "leggings"),
    "shirtless_shorts": Outfit(None, "", None, "shorts"),
}
OUTFITS_FOR: Final[dict[str, tuple[str, ...]]] = {
    "male": (
        "m_tee_jeans",
        "m_tee2_jeans",
        "m_tee_tights",
        "m_tee_shorts",
        "fitted_tee_shorts",
        "fitted_long_leggings",
        "shirtless_shorts",
        "m_long_jeans",
    ),
    "female": ("f_sport", "f_tee_jeans", "f_tee_shorts", "f_tee_leggings", "fitted_tank_leggings", "fitted_long_leggings"),
}


def textures_of(look: dict[str, Any]) -> set[str]:
    """Name every picture that a person of this look is drawn with."""
    outfit = OUTFITS[look["outfit"]]
    worn = {look["skin"], look["eyes"], "brows", outfit.texture, outfit.relief, look["shoes"], look["hair"]}
    return {name for name in worn if name not in (None, "none")}


def missing(look: dict[str, Any]) -> set[str]:
    """Name what a look asks for that does not come with the renderer."""
    if look["outfit"] not in OUTFITS:
        return {look["outfit"]}
    return textures_of(look) - packed()


def packed() -> set[str]:
    """Name every picture that comes with the renderer."""
    return {path.stem for path in (ASSETS / "tex").iterdir()}
