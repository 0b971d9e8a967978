# What a type checker sees of skse, whose names load on first use.

from skse import audio as audio
from skse import comparison as comparison
from skse import datasets as datasets
from skse import enhancement as enhancement
from skse import experiments as experiments
from skse import features as features
from skse import files as files
from skse import metrics as metrics
from skse import models as models
from skse import networks as networks
from skse import persistence as persistence
from skse import plotting as plotting
from skse import recipes as recipes
from skse import report as report
from skse import targets as targets
from skse import utils as utils
from skse.enhancement import WPE as WPE
from skse.enhancement import IdentityEnhancer as IdentityEnhancer
from skse.enhancement import LogMMSE as LogMMSE
from skse.enhancement import Remix as Remix
from skse.enhancement import SpectralSubtraction as SpectralSubtraction
from skse.enhancement import SpeechEnhancer as SpeechEnhancer
from skse.enhancement import StreamingEnhancer as StreamingEnhancer
from skse.enhancement import WienerFilter as WienerFilter
from skse.enhancement import oracle_predict as oracle_predict
from skse.features import FeatureScaler as FeatureScaler
from skse.features import FeaturizerUnion as FeaturizerUnion
from skse.features import MelFeaturizer as MelFeaturizer
from skse.features import MFCCFeaturizer as MFCCFeaturizer
from skse.features import PeakNormalize as PeakNormalize
from skse.features import Resample as Resample
from skse.features import STFTFeaturizer as STFTFeaturizer
from skse.networks import AutoencoderRegressor as AutoencoderRegressor
from skse.networks import DenseNetRegressor as DenseNetRegressor
from skse.networks import NetworkRegressor as NetworkRegressor
from skse.networks import SEGANRegressor as SEGANRegressor
from skse.networks import UNetRegressor as UNetRegressor
from skse.networks import WideResNetRegressor as WideResNetRegressor
from skse.persistence import load as load
from skse.persistence import save as save
from skse.targets import IdealMaskTarget as IdealMaskTarget
from skse.targets import SignalApproximationTarget as SignalApproximationTarget
from skse.targets import SpectrumTarget as SpectrumTarget
from skse.targets import WaveformTarget as WaveformTarget

__version__: str
