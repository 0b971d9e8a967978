"""``skse models``."""

import click


@click.command()
def models():
    """List the models that come with skse, with their scores.

    Every one is a name for skse enhance --model. What its speech was trained on, and how it was
    scored, is in its card: skse.models.available_models()[name].read_card().
    """
    from skse.models import available_models
    from skse.utils import align

    header = ["", "sampling_rate_hz", "latency_ms", "size_mb", "licence"]
    lines, said = [header], []
    for record in available_models().values():
        lines.append(
            [
                record.name,
                f"{record.sampling_rate}",
                f"{record.latency_ms:.1f}",
                f"{record.size / 1e6:.2f}",
                record.licence,
            ]
        )
        said += ["", f"{record.name}: {record.description}"]
        said += [f"  {line}" for line in _lines_of(record.read_card().get("scores") or {})]
    click.echo("\n".join([align(lines), *said]))


def _lines_of(scores):
    """Return scores as lines: what is of one data set, noise or SNR in one."""
    plain = {name: value for name, value in scores.items() if not isinstance(value, dict)}
    lines = [", ".join(f"{name} {value}" for name, value in plain.items())] if plain else []
    for name, value in scores.items():
        if isinstance(value, dict):
            lines += [f"{name}: {line}" for line in _lines_of(value)]
    return lines
