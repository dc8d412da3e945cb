"""Makes comparison.json: figures of chance and of uncertainty, each by another road than the program takes.

    python3 make.py            (needs numpy 1.24; no network, under a second)

Overlaps and cores: every possible set enumerated where that is feasible, inclusion and exclusion in exact fractions where not.
Area under the curve: all pairs compared one by one, DeLong's variance from the matrix of comparisons, Newcombe's ends as roots
of a cleared polynomial. Wilson's ends: roots of its quadratic. Pearson: numpy's corrcoef.
"""
import itertools, json, pathlib
from collections import Counter
from fractions import Fraction
from math import comb, prod
import numpy as np

Z = 1.959963984540054


def central(p):
    """Central 95 % interval of a distribution {count: Fraction}."""
    counts = sorted(p)
    low = next(c for c in counts if sum(p[k] for k in counts if k <= c) > Fraction(1, 40))
    high = next(c for c in reversed(counts) if sum(p[k] for k in counts if k >= c) > Fraction(1, 40))
    return [low, high]


def entry(p, **inputs):
    top = max(p)
    return dict(inputs, probabilities=[float(p.get(k, 0)) for k in range(top + 1)],
                atLeast=[float(sum((v for c, v in p.items() if c >= k), Fraction(0))) for k in range(top + 2)],
                mean=float(sum(k * v for k, v in p.items())), central=central(p))


def enumerate_core(heads, mlps, sizes, needed):
    """Distribution of how many parts at least `needed` of the random subnetworks keep, all outcomes counted; sizes: (heads, mlps)."""
    def subsets(size):
        return [set(("H", h) for h in hs) | set(("M", m) for m in ms)
                for hs in itertools.combinations(range(heads), size[0]) for ms in itertools.combinations(range(mlps), size[1])]
    seen = Counter()
    for choice in itertools.product(*map(subsets, sizes)):
        times = Counter(part for kept in choice for part in kept)
        seen[sum(t >= needed for t in times.values())] += 1
    total = sum(seen.values())
    return {k: Fraction(v, total) for k, v in seen.items()}


def all_keep(population, sizes):
    """How many of `population` lie in all random subsets, by inclusion and exclusion over the common ones."""
    p = {}
    for m in range(min(sizes) + 1):
        p[m] = sum(Fraction((-1) ** (j - m) * comb(j, m) * comb(population, j) * prod(comb(population - j, k - j) for k in sizes),
                            prod(comb(population, k) for k in sizes)) for j in range(m, min(sizes) + 1))
    return {k: v for k, v in p.items() if v}


def convolve(a, b):
    c = {}
    for i, x in a.items():
        for j, y in b.items():
            c[i + j] = c.get(i + j, 0) + x * y
    return c


def auc(positives, negatives):
    wins = np.array([[1.0 if p > q else 0.5 if p == q else 0.0 for q in negatives] for p in positives])
    m, n = wins.shape
    area = wins.mean()
    variance = wins.mean(1).var(ddof=1) / m + wins.mean(0).var(ddof=1) / n if min(m, n) > 1 else 0
    if variance > 0:
        half = Z * np.sqrt(variance) / (area * (1 - area))
        low, high = (1 / (1 + np.exp(-(np.log(area / (1 - area)) + s * half))) for s in (-1, 1))
    else:
        # (t - A)^2 mn (2-t)(1+t) = z^2 t(1-t) [(2-t)(1+t) + N(1-t)(1+t) + N t(2-t)], a polynomial of degree 4 in t
        P = np.polynomial.Polynomial
        t, N = P([0, 1]), (m + n) / 2 - 1
        left = (t - area) ** 2 * m * n * (2 - t) * (1 + t)
        right = Z * Z * t * (1 - t) * ((2 - t) * (1 + t) + N * (1 - t) * (1 + t) + N * t * (2 - t))
        roots = sorted(r.real for r in (left - right).roots() if abs(r.imag) < 1e-9 and -1e-9 < r.real < 1 + 1e-9)
        low, high = max(0.0, roots[0]), min(1.0, roots[-1])
    return dict(positives=list(positives), negatives=list(negatives), area=float(area), low=float(low), high=float(high))


def wilson(successes, n):
    p = successes / n
    low, high = sorted(np.roots([1 + Z * Z / n, -(2 * p + Z * Z / n), p * p]).real)
    return dict(successes=successes, n=n, low=float(max(0, low)), high=float(min(1, high)))


def mean_of(pairs):
    shares = [(s / n, wilson(s, n)) for s, n in pairs]
    middle, k = sum(v for v, _ in shares) / len(shares), len(shares)
    return dict(shares=pairs, value=middle,
                low=middle - sum((v - w["low"]) ** 2 for v, w in shares) ** 0.5 / k,
                high=middle + sum((w["high"] - v) ** 2 for v, w in shares) ** 0.5 / k)


def pearson(x, y):
    r = float(np.corrcoef(x, y)[0, 1])
    z, half = np.arctanh(r), Z / np.sqrt(len(x) - 3)
    return dict(x=x, y=y, r=r, low=float(np.tanh(z - half)), high=float(np.tanh(z + half)))


def holm(p):
    """From the definition: test the smallest at level a / m, the next at a / (m - 1) ...; the least a that rejects each."""
    order = sorted(p)
    return dict(pValues=p, corrected=[min(1.0, max(order[j] * (len(p) - j) for j in range(order.index(x) + 1))) for x in p])


rng = np.random.default_rng(20)
scores = lambda size, shift: [round(float(v), 1) for v in rng.normal(shift, 1, size)]        # one decimal, so that ties occur
noise = [round(float(v), 3) for v in rng.normal(0, 1, 12)]

golden = {
    "enumerated": [entry(enumerate_core(*case), heads=case[0], mlps=case[1], sizes=case[2], needed=case[3]) for case in [
        (4, 2, [(2, 1), (3, 1)], 2), (5, 2, [(2, 1), (2, 2)], 2), (4, 2, [(2, 1), (2, 1), (3, 1)], 3), (4, 1, [(2, 0), (1, 1), (3, 1)], 3),
        (4, 2, [(2, 1), (2, 1), (3, 1)], 2), (3, 2, [(2, 1), (1, 1), (2, 0), (1, 2)], 3), (4, 0, [(2, 0), (2, 0), (2, 0)], 1)]],
    "exact": [entry(convolve(all_keep(heads, [h for h, _ in sizes]), all_keep(mlps, [m for _, m in sizes])), heads=heads, mlps=mlps, sizes=sizes)
              for heads, mlps, sizes in [(16, 4, [(7, 1), (6, 2)]), (144, 12, [(70, 8), (72, 6)]), (32, 4, [(16, 2)] * 6),
                                         (144, 12, [(72, 6), (70, 8), (66, 12), (75, 3), (72, 6), (68, 10)])]],
    "auc": [auc(scores(9, 0.8), scores(12, 0)), auc(scores(40, 0.1), scores(25, 0)), auc([1, 1, 2, 3], [0, 1, 1, 2, 2]),
            auc([3, 4, 5], [0, 1, 2, 2]), auc([0.5] * 30, [-1.0] * 50), auc([-1, -2], [0, 3, 5]), auc([1], [0, 2, 3, 3, 0.5])],
    "wilson": [wilson(*c) for c in [(0, 10), (10, 10), (1, 7), (81, 263), (15, 148), (9815, 9815), (5771, 9815)]],
    "meanOf": [mean_of(c) for c in [[(90, 100), (30, 50)], [(0, 40), (40, 40)], [(3, 9), (5, 8), (7, 11)]]],
    "pearson": [pearson(noise, [round(0.5 * v + float(e), 3) for v, e in zip(noise, rng.normal(0, 1, 12))]),
                pearson([0.031, 0.04, 0.028, 0.035, 0.05, 0.033], [0.61, 0.55, 0.7, 0.64, 0.41, 0.66]), pearson([1, 2, 3, 4], [2, 1, 4, 3])],
    "holm": [holm(p) for p in [[0.01, 0.04, 0.03, 0.005], [0.5, 0.9, 0.2], [0.02, 0.02, 0.04], [1e-9], []]],
}
pathlib.Path(__file__).with_name("comparison.json").write_text(json.dumps(golden, indent=None, separators=(",", ":")).replace('},{"', '},\n{"') + "\n")
