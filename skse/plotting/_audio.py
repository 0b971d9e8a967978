"""AudioDisplay: waveforms to listen to, one above the other."""

import base64
import html
import io
from collections.abc import Mapping
from typing import Self

import numpy as np

from skse.utils import check_sampling_rate, check_waveforms
from skse.utils.typing import Waveform

# The name beside its player, or above it where the page is narrow.
_ROW = "display: flex; flex-wrap: wrap; gap: 0 0.8rem; align-items: center; margin: 0.3rem 0"
_NAME = "flex: 0 1 11rem"
_PLAYER = "flex: 1 1 16rem; max-width: 26rem"


class AudioDisplay:
    """Players of some waveforms, one above the other, all at one gain.

    Make it with :meth:`from_waveforms`. A notebook that it ends a cell of shows the
    players; so does the gallery of this documentation. The sounds are part of the
    page: no file is written.

    Parameters
    ----------
    sounds : dict of str to bytes
        A wav file each, by the name to write beside it.
    attenuation_db : float, default=0.0
        By how many dB all of them were turned down, so that none clips.

    See Also
    --------
    SpectrogramDisplay : The same waveforms to look at.

    Examples
    --------
    >>> import numpy as np
    >>> from skse.plotting import AudioDisplay
    >>> tone = np.sin(2 * np.pi * 440 * np.arange(8000) / 8000)
    >>> display = AudioDisplay.from_waveforms(
    ...     {"loud": 2 * tone, "soft": 0.1 * tone}, sampling_rate=8000)
    >>> list(display.sounds), round(display.attenuation_db, 1)
    (['loud', 'soft'], 6.0)
    """

    def __init__(self, sounds: dict[str, bytes], *, attenuation_db: float = 0.0) -> None:
        self.sounds = sounds
        self.attenuation_db = attenuation_db

    @classmethod
    def from_waveforms(
        cls, waveforms: Waveform | Mapping[str, Waveform], *, sampling_rate: float
    ) -> Self:
        """Make players of waveforms.

        Parameters
        ----------
        waveforms : array-like of shape (n_times,) or dict of str to such
            One waveform, or several by name. Where one goes beyond full scale, all are
            turned down alike.
        sampling_rate : float
            Hz; a whole number.

        Returns
        -------
        display : AudioDisplay

        Raises
        ------
        ValueError
            For waveforms that are not finite and mono, or no sampling rate.
        """
        import soundfile

        check_sampling_rate(cls.__name__, sampling_rate)
        if not float(sampling_rate).is_integer():
            raise ValueError(
                f"{cls.__name__}: sampling_rate={sampling_rate!r} must be a whole number of Hz, as "
                "a wav file states it; resample first."
            )
        if not isinstance(waveforms, Mapping):
            waveforms = {"": waveforms}
        if not waveforms:
            raise ValueError(f"{cls.__name__}: waveforms is empty; expected at least one.")
        checked = {
            name: check_waveforms([waveform], f"waveforms[{name!r}]", any_level=True)[0]
            for name, waveform in waveforms.items()
        }
        peak = max(float(np.abs(waveform).max()) for waveform in checked.values())
        gain = 1 / max(1.0, peak)
        sounds = {}
        for name, waveform in checked.items():
            buffer = io.BytesIO()
            soundfile.write(
                buffer, gain * waveform, int(sampling_rate), format="WAV", subtype="PCM_16"
            )
            sounds[name] = buffer.getvalue()
        return cls(sounds, attenuation_db=abs(20 * float(np.log10(gain))))

    def __repr__(self):
        return f"<{type(self).__name__} of {', '.join(map(repr, self.sounds))}>"

    def _repr_html_(self):
        lines = []
        for name, sound in self.sounds.items():
            label = html.escape(str(name))
            data = base64.b64encode(sound).decode("ascii")
            lines.append(
                f'<div style="{_ROW}"><span style="{_NAME}">{label}</span>'
                f'<audio controls preload="metadata" style="{_PLAYER}" aria-label="{label}" '
                f'src="data:audio/wav;base64,{data}"></audio></div>'
            )
        if self.attenuation_db:
            lines.append(f"<p>All turned down by {self.attenuation_db:.1f} dB.</p>")
        return "\n".join(lines)
