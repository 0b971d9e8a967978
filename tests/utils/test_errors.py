import pickle

from skse.utils import UnusableFileError


def test_error_comes_back_from_another_process():
    error = pickle.loads(pickle.dumps(UnusableFileError("a.wav", "no samples in it")))
    assert (str(error), error.reason) == ("a.wav: no samples in it", "no samples in it")
