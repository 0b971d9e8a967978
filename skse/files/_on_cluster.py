"""Groups of recordings enhanced by the workers of a Dask cluster."""

from dataclasses import replace

from skse.files._results import FileResult
from skse.utils import this_worker


def run_on_cluster(groups, settings, process, cluster, bar):
    """Enhance groups of recordings.

    Parameters
    ----------
    groups : list of list of Job
        What a worker enhances at a time.
    settings : Settings
        Of all of them.
    process : callable
        ``process(jobs, settings)`` enhances a group and returns a FileResult for each.
    cluster : Cluster
        Its workers see the recordings, and write the results.
    bar : tqdm
        Shows how many are done.

    Returns
    -------
    results : list of FileResult
    """
    shared, results = cluster.share(settings.for_others()), []
    while groups:
        alone = []  # of groups that killed workers, to find out by which recording
        tasks = [(process, [job.from_anywhere() for job in group], shared) for group in groups]
        for place, done, error in cluster.compute(_process_there, tasks):
            group = groups[place]
            if error is not None and len(group) > 1:
                alone += [[job] for job in group]
                continue
            if error is not None:
                reason = f"not enhanced by any worker: {error}"
                job = group[0]
                done = [FileResult(str(job.source), str(job.destination), "failed", reason)]
            results += done
            bar.update(len(done))
        groups = alone
    return results


def _process_there(process, jobs, settings):
    results, worker = process(jobs, settings), this_worker()
    return [
        replace(result, reason=f"{result.reason} (worker {worker})") if result.reason else result
        for result in results
    ]
