"""The fenced code blocks of a Markdown text."""

from spark_magic.render.blocks import block_tokens


def fences(markdown: str) -> list[tuple[str, str]]:
    """Return (language, code) of each fence in order, those inside lists and quotes without their indent."""
    found = [token for token in block_tokens(markdown) if token.type == "fence"]
    return [((token.info.split() or [""])[0], token.content.removesuffix("\n")) for token in found]
