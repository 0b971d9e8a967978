"""A mask of one's own: 1 where speech is louder than the noise, a floor elsewhere."""

import numpy as np

from skse.targets import BaseTarget
from skse.utils import check_number


class FlooredBinaryMask(BaseTarget):
    """Binary mask that never silences a unit altogether."""

    output_range = (0.0, 1.0)

    def __init__(self, floor=0.1):
        self.floor = floor

    def check_params(self):
        check_number(self, "floor", self.floor, (int, float), min_val=0, max_val=1)

    def compute(self, noisy, clean):
        louder = np.abs(clean) > np.abs(noisy - clean)
        return np.where(louder, 1, self.floor).astype(np.float32)

    def apply(self, prediction, noisy):
        return np.clip(prediction, self.floor, 1) * noisy
