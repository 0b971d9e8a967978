"""The table of public names that the API reference is generated from."""

from pathlib import Path

# (title, what it holds, names as users import them), in the order of the data
SECTIONS = [
    (
        "Data",
        "Pairs of noisy and clean speech.",
        [
            "skse.datasets.load_harvard",
            "skse.datasets.fetch_noizeus",
            "skse.datasets.split_noizeus",
            "skse.datasets.load_pairs",
            "skse.datasets.fetch_ms_snsd",
            "skse.datasets.make_pairs",
            "skse.datasets.make_noise",
            "skse.datasets.mix_at_snr",
            "skse.datasets.active_speech_level",
        ],
    ),
    (
        "Features",
        "Waveforms to STFT to what a network sees, and steps before and after.",
        [
            "skse.STFTFeaturizer",
            "skse.MelFeaturizer",
            "skse.MFCCFeaturizer",
            "skse.FeaturizerUnion",
            "skse.FeatureScaler",
            "skse.Resample",
            "skse.PeakNormalize",
            "skse.features.BaseFeaturizer",
            "skse.features.NoiseTracker",
        ],
    ),
    (
        "Targets",
        "What a network learns to output, and the way back to an STFT.",
        [
            "skse.IdealMaskTarget",
            "skse.SpectrumTarget",
            "skse.SignalApproximationTarget",
            "skse.WaveformTarget",
            "skse.targets.TrainedFourierTarget",
            "skse.targets.BaseTarget",
            "skse.targets.TARGETS",
            "skse.targets.TargetRecord",
            "skse.targets.ideal_binary_mask",
            "skse.targets.mixture_ratio_mask",
            "skse.targets.target_binary_mask",
            "skse.targets.ideal_ratio_mask",
            "skse.targets.spectral_magnitude_mask",
            "skse.targets.phase_sensitive_mask",
            "skse.targets.complex_ratio_mask",
            "skse.targets.compress_complex_mask",
            "skse.targets.expand_complex_mask",
        ],
    ),
    (
        "Networks",
        "Regressors from features to targets, their architectures and their losses.",
        [
            "skse.UNetRegressor",
            "skse.AutoencoderRegressor",
            "skse.DenseNetRegressor",
            "skse.WideResNetRegressor",
            "skse.NetworkRegressor",
            "skse.networks.BaseNetworkRegressor",
            "skse.networks.BaseArchitecture",
            "skse.networks.UNet",
            "skse.networks.Autoencoder",
            "skse.networks.DenseNet",
            "skse.networks.WideResNet",
            "skse.networks.register_loss",
            "skse.networks.compares",
            "skse.networks.build_unet",
            "skse.networks.build_autoencoder",
        ],
    ),
    (
        "Enhancement",
        "Noisy waveforms in, enhanced waveforms out.",
        [
            "skse.SpeechEnhancer",
            "skse.StreamingEnhancer",
            "skse.Remix",
            "skse.oracle_predict",
            "skse.IdentityEnhancer",
            "skse.SpectralSubtraction",
            "skse.WienerFilter",
            "skse.LogMMSE",
            "skse.enhancement.Chain",
            "skse.enhancement.BaseEnhancer",
            "skse.enhancement.BaseClassicalEnhancer",
            "skse.enhancement.BaseGainEnhancer",
        ],
    ),
    (
        "Metrics",
        "One number per utterance.",
        [
            "skse.metrics.evaluate",
            "skse.metrics.METRICS",
            "skse.metrics.Metric",
            "skse.metrics.FIT_TIME",
            "skse.metrics.get_metric",
            "skse.metrics.available_metrics",
            "skse.metrics.mean_of_defined",
            "skse.metrics.snr_gain_score",
            "skse.metrics.snr_score",
            "skse.metrics.segmental_snr_score",
            "skse.metrics.si_sdr_score",
            "skse.metrics.si_sdr_gain_score",
            "skse.metrics.stoi_score",
            "skse.metrics.estoi_score",
            "skse.metrics.pesq_score",
            "skse.metrics.pesq_nb_score",
            "skse.metrics.pesq_wb_score",
            "skse.metrics.rmse_error",
            "skse.metrics.log_spectral_distance_error",
        ],
    ),
    (
        "Scorers",
        "``scorer(estimator, X, y)``, for model selection.",
        [
            "skse.metrics.make_waveform_scorer",
            "skse.metrics.make_multimetric_scorer",
            "skse.metrics.snr_gain_scorer",
            "skse.metrics.snr_scorer",
            "skse.metrics.segmental_snr_scorer",
            "skse.metrics.si_sdr_scorer",
            "skse.metrics.si_sdr_gain_scorer",
            "skse.metrics.stoi_scorer",
            "skse.metrics.estoi_scorer",
            "skse.metrics.pesq_scorer",
            "skse.metrics.pesq_nb_scorer",
            "skse.metrics.pesq_wb_scorer",
            "skse.metrics.rmse_scorer",
            "skse.metrics.log_spectral_distance_scorer",
        ],
    ),
    (
        "Comparison",
        "The engine of ``skse compare``.",
        [
            "skse.comparison.compare",
            "skse.comparison.format_table",
            "skse.comparison.spread_subset",
        ],
    ),
    (
        "Experiments",
        "The bench that comparisons, recipes and benchmarks stand on.",
        [
            "skse.experiments.Record",
            "skse.experiments.describe",
            "skse.experiments.describe_machine",
            "skse.experiments.peak_memory_mb",
            "skse.experiments.condition_means",
            "skse.experiments.choose_examples",
            "skse.experiments.gather_examples",
            "skse.experiments.write_audio",
        ],
    ),
    (
        "Files",
        "Recordings in files and folders: ``skse enhance``, ``skse train``, ``skse score``.",
        [
            "skse.files.enhance_files",
            "skse.files.METHODS",
            "skse.files.train_from_folders",
            "skse.files.score_folders",
            "skse.files.FileResult",
            "skse.files.ModelError",
            "skse.files.NotSavedError",
        ],
    ),
    (
        "Recipes",
        "The systems of a published study, ready to train: the engine of ``skse reproduce``.",
        [
            "skse.recipes.list_recipes",
            "skse.recipes.get_recipe",
            "skse.recipes.prepare_pairs",
            "skse.recipes.run_recipe",
            "skse.recipes.format_scores",
            "skse.recipes.seed_01",
            "skse.recipes.seed_02",
            "skse.recipes.seed_03_mse",
            "skse.recipes.seed_03_bce",
            "skse.recipes.seed_04",
            "skse.recipes.seed_05",
            "skse.recipes.todo_unet_real",
            "skse.recipes.todo_unet_ibm",
            "skse.recipes.todo_unet_irm",
            "skse.recipes.todo_unet_phase",
        ],
    ),
    (
        "Model files",
        "A fitted enhancer in one file that cannot run code.",
        [
            "skse.save",
            "skse.load",
            "skse.persistence.read_card",
            "skse.persistence.get_untrusted_types",
            "skse.persistence.ModelFileError",
        ],
    ),
    (
        "Models",
        "Enhancers that come with skse, trained: ``skse models``.",
        [
            "skse.models.load_model",
            "skse.models.available_models",
            "skse.models.model_for",
            "skse.models.find_model",
            "skse.models.ModelRecord",
        ],
    ),
    (
        "Plotting",
        "Pictures, in scikit-learn's Display convention.",
        [
            "skse.plotting.SpectrogramDisplay",
            "skse.plotting.MaskDisplay",
            "skse.plotting.LearningCurveDisplay",
            "skse.plotting.AudioDisplay",
            "skse.plotting.ComparisonDisplay",
        ],
    ),
    (
        "Report",
        "Scores and recordings as one HTML page.",
        ["skse.report.write_report"],
    ),
    (
        "Audio files",
        "Recordings read to their true end, and written as they came in.",
        [
            "skse.audio.open_audio",
            "skse.audio.AudioFormat",
            "skse.audio.write_audio",
        ],
    ),
    (
        "Utilities",
        "For those who write estimators, or programs that read and write recordings, of their own.",
        [
            "skse.utils.check_waveform",
            "skse.utils.check_waveforms",
            "skse.utils.check_waveform_pairs",
            "skse.utils.restore_container",
            "skse.utils.check_choice",
            "skse.utils.check_number",
            "skse.utils.check_sampling_rate",
            "skse.utils.import_optional",
            "skse.utils.UnusableFileError",
            "skse.utils.list_files",
            "skse.utils.walk",
            "skse.utils.naming",
            "skse.utils.replacing",
            "skse.utils.locked",
            "skse.utils.remove_unlocked",
            "skse.utils.write_whole",
            "skse.utils.digest",
            "skse.utils.ArrayStore",
            "skse.utils.count_jobs",
            "skse.utils.default_jobs",
            "skse.utils.default_threads",
            "skse.utils.find_delay",
            "skse.utils.Delay",
            "skse.utils.align",
            "skse.utils.write_csv",
            "skse.utils.progress_bar",
        ],
    ),
]

NAMES = [name for _, _, names in SECTIONS for name in names]
PACKAGES = sorted({name.rpartition(".")[0] for name in NAMES})


def write_reference(path):
    """Write the page that lists all names; autosummary makes a page of each."""
    lines = [
        "API reference",
        "=============",
        "",
        "Every public name, in the order of the data. Classes and functions that are listed as",
        "``skse.Name`` can also be imported from their sub-package.",
        "",
    ]
    lines += [f".. py:module:: {package}" for package in PACKAGES]
    lines += ["", ".. py:currentmodule:: None", ""]
    for title, summary, names in SECTIONS:
        lines += [title, "-" * len(title), "", summary, ""]
        lines += [".. autosummary::", "   :toctree: .", "   :nosignatures:", ""]
        lines += [f"   {name}" for name in names]
        lines += [""]
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "\n".join(lines)
    # Left alone where it says this already, so that a second build is quick.
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
