"""A progress bar fed by the records that appear on disk, whichever process writes them."""

from threading import Event, Thread

from skse.utils import progress_bar

_PAUSE = 0.3  # s between looks


class RecordsBar:
    """Show how many fits are on record; a context manager.

    Parameters
    ----------
    expected : dict of Record to str
        What every record will hold, in words.
    n_more : int, default=0
        Steps that leave no record: see `say` and `advance`.
    disable : bool, default=False
        Whether to show nothing.
    """

    def __init__(self, expected, *, n_more=0, disable=False):
        self.missing = dict(expected)
        self.n_more = n_more
        self.disable = disable

    def __enter__(self):
        found = self._take_found()
        self._bar = progress_bar(
            total=len(found) + len(self.missing) + self.n_more,
            initial=len(found),
            desc="skse compare",
            unit="fit",
            show=not self.disable,
        )
        self._stop = Event()
        self._thread = Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *exception):
        self.finish_records()
        self._bar.close()

    def finish_records(self):
        """Count the last records and stop looking for more."""
        self._stop.set()
        self._thread.join()

    def say(self, text):
        """Name the step that begins, one of `n_more`."""
        self._bar.set_postfix_str(text)

    def advance(self):
        """Count a step of `n_more` as done."""
        self._bar.update()

    def _watch(self):
        while True:
            stopped = self._stop.wait(_PAUSE)
            for record, text in self._take_found().items():
                gain = record.read_scores()["snr_gain"]
                self._bar.set_postfix_str(f"last: {text} {gain:+.1f} dB", refresh=False)
                self._bar.update()
            if stopped:
                return

    def _take_found(self):
        found = {record: text for record, text in self.missing.items() if record.path.exists()}
        for record in found:
            del self.missing[record]
        return found
