"""The targets by the short names that commands, tables and comparisons use."""

from dataclasses import replace
from functools import partial

from skse.targets._ideal_mask import IdealMaskTarget
from skse.targets._in_network import WaveformTarget
from skse.targets._records import MASKS, SPECTRA, TargetRecord
from skse.targets._spectrum import SpectrumTarget

TARGETS: dict[str, TargetRecord] = {
    name: replace(record, make=partial(owner, name))
    for owner, records in ((SpectrumTarget, SPECTRA), (IdealMaskTarget, MASKS))
    for name, record in records.items()
}
# A mask inside the network, which the loss sees through the inverse STFT.
TARGETS["waveform"] = replace(
    SPECTRA["complex"],
    name="waveform",
    label="waveform",
    features="log",
    make=WaveformTarget,
)
