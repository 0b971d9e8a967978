"""Where decoded frames belong in time."""

# Seconds that are a gap, and not how coarse time stamps are; those of a clock that was set are
# longer.
_SHORTEST_GAP, _LONGEST_GAP = 0.1, 600.0
# Seconds between two frames that are no gap but a clock that is a little slow.
_SLOW = 0.005


class Clock:
    """Where frames belong in time, as their stamps say.

    A recorder that pauses, sends nothing for silence or loses a packet leaves a gap between the
    stamps; FFmpeg 8 (PyAV 18.1) hands on what is behind it as if there were none, and all of that
    would come too early. Gaps that are short add up until they are worth a silence. Of Opus at
    another rate than 48 kHz in MP4, FFmpeg drops too little at the beginning: what is left has
    stamps below 0 (findings/ffmpeg_opus_in_mp4_late.sh).

    Parameters
    ----------
    rate : int
        Samples a second.
    is_kept : bool
        Whether the container keeps time; a stream that is broadcast has a clock that jumps.
    is_cut : bool, default=False
        Whether samples whose stamps are below 0 do not belong to the recording.

    Attributes
    ----------
    n_silent : int
        Samples missing so far, a channel.
    left_out_s : float
        Seconds of the jumps so far that are no gaps.
    end_s : float
        Seconds from the first sample to the end of the last, without the jumps.
    """

    def __init__(self, rate, is_kept, is_cut=False):
        self.rate, self.is_kept, self.is_cut = rate, is_kept, is_cut
        self.n_silent = self._n_read = 0
        self.left_out_s = self.end_s = 0.0
        self._zero_s = None  # the stamp of the first, and the jumps since

    @property
    def remarks(self):
        """What is missing, and what is not taken for missing."""
        remarks = []
        if self.n_silent:
            silent_s = self.n_silent / self.rate
            remarks.append(f"silence stands for the {silent_s:.1f} s missing inside it")
        if self.left_out_s:
            remarks.append(f"its clock jumps by {self.left_out_s:.0f} s, which are left out")
        return tuple(remarks)

    def gap_before(self, frame):
        """Return how many samples are missing before a frame, and how many it has too early."""
        n_silent = n_early = 0
        time = None
        if self.is_kept and frame.pts is not None:
            time = float(frame.pts * frame.time_base)
            if self.is_cut and not self._n_read:
                n_early = min(frame.samples, round(max(0.0, -time) * self.rate))
                time += n_early / self.rate
            if self._zero_s is None:
                self._zero_s = max(0.0, time) if self.is_cut else time
                self._zero_s -= self._n_read / self.rate
            time -= self._zero_s
            step, gap = time - self.end_s, time - self._n_read / self.rate
            if step >= _LONGEST_GAP:
                self.left_out_s += step
                self._zero_s += step
                time -= step
            elif step > _SLOW and gap > _SHORTEST_GAP:
                # Stamps are rounded: without short gaps before it, the step itself is nearer.
                n_silent = round((gap if gap > step + _SLOW else min(gap, step)) * self.rate)
        self.n_silent += n_silent
        self._n_read += n_silent + frame.samples - n_early
        at_least = self._n_read / self.rate
        kept_s = (frame.samples - n_early) / self.rate
        self.end_s = at_least if time is None else max(at_least, time + kept_s)
        return n_silent, n_early
