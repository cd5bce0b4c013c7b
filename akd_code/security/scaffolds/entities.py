"""XML whose entities stand for a file, and such that grow: what a careless parser puts in their place."""


def with_file(root: str, body: str) -> str:
    """Return a document in which `&own;` stands for the file `own.txt` of a folder."""
    return f'<!DOCTYPE d [<!ENTITY own SYSTEM "file://{root}/own.txt">]>{body}'


def growing(body: str, levels: int = 6) -> str:
    """Return a document in which `&e0;` grows to eight to the power of `levels` signs."""
    lines = [f'<!ENTITY e{level} "{f"&e{level + 1};" * 8}">' for level in range(levels)]
    return f"<!DOCTYPE d [{''.join(lines)}<!ENTITY e{levels} 'x'>]>{body}"


def size_of(value: object) -> str:
    """Return "large" if a value is written with more than 20,000 signs, else "small"."""
    return "large" if len(repr(value)) > 20_000 else "small"
