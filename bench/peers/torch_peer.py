"""PyTorch as a peer of the benchmark: reads cases on stdin, answers on stdout (bench/Harness/PeerProcess.cs states the protocol).

A case is a function decorated with @case in a file torch_*.py beside this one; it gets the request and returns its
configurations: a dictionary from name to a function without arguments that does the work once. The fastest is kept.
A function's attribute `mode` is a context that its repeats run in.
"""
import contextlib
import glob
import importlib
import json
import math
import os
import statistics
import sys
import time
import traceback

folder = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, folder)
sys.modules["torch_peer"] = sys.modules[__name__]           # the cases import this module

BRIEF, TRIALS = 0.05, 3                                      # seconds of a trial; trials of what takes less

cases = {}


def case(prepare):
    cases[prepare.__name__] = prepare
    return prepare


def measured(run, passes, repeats):
    with getattr(run, "mode", contextlib.nullcontext)():
        for _ in range(passes):
            run()
        each = []
        for _ in range(repeats):
            begin = time.perf_counter()
            run()
            each.append(time.perf_counter() - begin)
    return statistics.median(each)


def tried(run):
    once = measured(run, 1, 1)
    return once if once > BRIEF else measured(run, 0, max(1, min(50, int(BRIEF / max(once, 1e-7)))))


def prepared(request):
    configurations = cases[request["case"]](request)
    seconds, failures = {}, {}
    for _ in range(TRIALS):                                  # in turn, the best of each: what slows one trial shall not decide
        for name, run in configurations.items():
            if name in failures or seconds.get(name, 0) > BRIEF:
                continue
            try:
                seconds[name] = min(tried(run), seconds.get(name, math.inf))
            except Exception as failure:  # a configuration that this version lacks; another may do
                failures[name] = f"{name}: {failure}"
    if not seconds:
        raise RuntimeError("; ".join(failures.values()))
    best = min(seconds, key=seconds.get)
    return configurations[best], {"ready": best, "seconds": seconds[best], "tried": seconds}


def versions():
    import ctypes
    import torch
    found = {"torch": torch.__version__, "python": sys.version.split()[0]}
    try:
        blas = ctypes.CDLL("libopenblas.so.0")
        blas.openblas_get_config.restype = ctypes.c_char_p
        found["OpenBLAS"] = blas.openblas_get_config().decode().split()[1]
    except (OSError, AttributeError):
        pass
    for line in torch.__config__.show().splitlines():
        if "MKL-DNN" in line:
            found["oneDNN"] = line.split(" v")[1].split()[0]
    return found


def serve():
    import gc
    import torch
    torch.set_num_threads(int(os.environ["PEER_THREADS"]))
    torch.manual_seed(0)
    for module in sorted(glob.glob("torch_*.py", root_dir=folder)):
        importlib.import_module(module[:-3])                 # registers its cases
    ready = {}
    answer = sys.stdout
    sys.stdout = sys.stderr                                  # what libraries print must not be taken for an answer
    print(json.dumps(versions()), file=answer, flush=True)
    for line in sys.stdin:
        words = line.split()
        if words[0] == "go":
            said = repr(measured(ready[int(words[1])], int(words[2]), int(words[3])))
        elif words[0] == "drop":
            ready.pop(int(words[1]), None)
            gc.collect()
            gc.freeze()
            said = "dropped"
        else:
            request = json.loads(line)
            try:
                ready[request["id"]], found = prepared(request)
                said = json.dumps(found)
            except Exception as failure:
                traceback.print_exc()
                said = json.dumps({"error": f"{type(failure).__name__}: {failure}"})
        print(said, file=answer, flush=True)


if __name__ == "__main__":
    serve()
