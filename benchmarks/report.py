"""How a figure is printed: what it is, what it comes to, what it may come to."""


def show(name: str, figure: float, target: float, unit: str = "x", detail: str = "") -> None:
    """Print one figure beside its target."""
    verdict = "reached" if figure <= target else "MISSED"
    print(f"{name:<46} {figure:>9.3g} {unit:<4} at most {target:<5g} {verdict:<8} {detail}", flush=True)
