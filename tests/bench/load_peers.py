"""Measures how many trials that do nothing other systems run per second.

  load_peers.py PEER --workers N --trials N --folder DIR

Runs one peer once and prints a JSON object. Exits with 3 when the peer is not
installed. load.sh makes the environment and calls this.
"""

import argparse
import importlib.metadata
import json
import logging
import multiprocessing
import os
import sys
import time


def no_op(_=None):
    return 0.5


def _optuna_storage(kind, path):
    import optuna
    if kind == "sqlite":
        return optuna.storages.RDBStorage(f"sqlite:///{path}",
                                          engine_kwargs={"connect_args": {"timeout": 60}})
    from optuna.storages.journal import JournalFileBackend
    return optuna.storages.JournalStorage(JournalFileBackend(path))


def _optuna_worker(kind, path, trials, ready, go):
    import optuna
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.load_study(study_name="load", storage=_optuna_storage(kind, path),
                              sampler=optuna.samplers.RandomSampler())
    ready.release()
    go.wait()
    study.optimize(no_op, n_trials=trials)


def run_optuna(kind, workers, trials, folder):
    """Runs Optuna: `workers` processes share one study, and each of them asks, runs and tells."""
    import optuna
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    path = os.path.join(folder, f"optuna-{kind}.{os.getpid()}")
    storage = _optuna_storage(kind, path)
    study = optuna.create_study(study_name="load", storage=storage)
    context = multiprocessing.get_context("spawn")
    ready, go = context.Semaphore(0), context.Event()
    processes = [context.Process(target=_optuna_worker,
                                 args=(kind, path, trials // workers, ready, go))
                 for _ in range(workers)]
    for process in processes:
        process.start()
    for _ in processes:
        ready.acquire()
    start = time.monotonic()
    go.set()
    for process in processes:
        process.join()
    seconds = time.monotonic() - start
    done = [t for t in study.get_trials(deepcopy=False)
            if t.state == optuna.trial.TrialState.COMPLETE]
    assert len(done) == trials // workers * workers, len(done)
    os.unlink(path)
    return len(done), seconds


def run_dask(workers, trials, folder):
    """Runs Dask: `workers` processes have one thread each, and results come to the client."""
    from distributed import Client, LocalCluster
    with LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None,
                      local_directory=folder) as cluster, Client(cluster) as client:
        client.gather(client.map(no_op, range(workers), pure=False))
        start = time.monotonic()
        done = client.gather(client.map(no_op, range(trials), pure=False))
        return len(done), time.monotonic() - start


def run_ray(workers, trials, folder):
    """Runs Ray: `workers` processes run remote functions, and results come to the driver."""
    import ray
    ray.init(num_cpus=workers, include_dashboard=False, logging_level=logging.ERROR,
             log_to_driver=False, object_store_memory=100 * 2**20)
    task = ray.remote(num_cpus=1)(no_op)
    ray.get([task.remote() for _ in range(20 * workers)])
    start = time.monotonic()
    done = ray.get([task.remote() for _ in range(trials)])
    seconds = time.monotonic() - start
    ray.shutdown()
    return len(done), seconds


def run_hyperqueue(workers, trials, folder):
    """Runs HyperQueue: `workers` workers with one core each run tasks of /bin/true."""
    from hyperqueue import Job
    from hyperqueue.cluster import LocalCluster, WorkerConfig
    with LocalCluster(server_dir=os.path.join(folder, "hyperqueue")) as cluster:
        for _ in range(workers):
            cluster.start_worker(WorkerConfig(cores=1))
        client = cluster.client()

        def run(count):
            job = Job(max_fails=0)
            for _ in range(count):
                job.program(["/bin/true"], stdout=None, stderr=None)
            start = time.monotonic()
            client.wait_for_jobs([client.submit(job)], raise_on_error=True)
            return time.monotonic() - start

        run(workers)
        return trials, run(trials)


PEERS = {
    "optuna-sqlite": ("optuna", lambda *a: run_optuna("sqlite", *a)),
    "optuna-journal": ("optuna", lambda *a: run_optuna("journal", *a)),
    "dask": ("distributed", run_dask),
    "ray": ("ray", run_ray),
    "hyperqueue": ("hyperqueue", run_hyperqueue),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("peer", choices=sorted(PEERS))
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--trials", type=int, default=1000)
    parser.add_argument("--folder", required=True)
    options = parser.parse_args()
    package, run = PEERS[options.peer]
    try:
        version = importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        print(f"{package} is not installed", file=sys.stderr)
        sys.exit(3)
    # Peers may write to standard output, where only the answer belongs.
    answer = os.dup(1)
    os.dup2(2, 1)
    trials, seconds = run(options.workers, options.trials, options.folder)
    line = json.dumps({"peer": options.peer, "version": version,
                       "workers": options.workers, "trials": trials,
                       "seconds": seconds, "trials_per_s": trials / seconds})
    os.write(answer, (line + "\n").encode())


if __name__ == "__main__":
    main()
