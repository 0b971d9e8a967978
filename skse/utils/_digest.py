"""What tells one content from another."""

from collections.abc import Iterable
from hashlib import sha256

import numpy as np


def digest(*contents: str | bytes | Iterable[np.ndarray]) -> str:
    """SHA-256 of contents, one after the other.

    Parameters
    ----------
    *contents : str, bytes or sequence of array-like of shape (n_times,)
        Text counts as its UTF-8, each waveform of a sequence as its length and its samples in
        the bytes of its dtype. Where one content or sequence ends makes no difference.

    Returns
    -------
    digest : str
        64 hexadecimal digits.

    Examples
    --------
    >>> import numpy as np
    >>> from skse.utils import digest
    >>> digest("abc")[:16]
    'ba7816bf8f01cfea'
    >>> x = np.arange(6, dtype=np.float32)
    >>> digest([x]) == digest([x[:3], x[3:]])
    False
    """
    result = sha256()
    for content in contents:
        if isinstance(content, str):
            result.update(content.encode())
        elif isinstance(content, bytes):
            result.update(content)
        else:
            for waveform in content:
                result.update(str(len(waveform)).encode())
                result.update(np.ascontiguousarray(waveform).data)
    return result.hexdigest()
