"""Correlation: Gaussian copula, Iman-Conover for given samples, what a correlation matrix must be (docs/method §3.23).

In scenario files values move together through named factors (`factors: {market: 0.6}`), which cannot contradict one another. A matrix,
as surveys and histories give it, can: it is checked, what is wrong is named, and the nearest possible matrix is offered.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr, ndtri

from .. import streams
from ..errors import ScenarioError

TINY = 1e-10


def check_correlation(matrix, names=None, where: str = "correlation") -> np.ndarray:
    """The matrix as float64 (name, name), where such correlations can exist together.

    Raises ScenarioError: shape, diagonal, symmetry, entries beyond ±1, or a matrix with a negative eigenvalue: then the pair that has to
    move most is named, with its nearest possible value (`nearest_correlation`).

    >>> check_correlation([[1, 0.5], [0.5, 1]]).shape
    (2, 2)
    """
    try:
        values = np.asarray(matrix, dtype=float)
    except (TypeError, ValueError):
        raise ScenarioError(f"{where}: {str(matrix)[:40]} is no matrix of numbers.") from None
    if values.ndim != 2 or values.shape[0] != values.shape[1] or not values.size:
        shape = (
            f"a matrix of {' × '.join(map(str, values.shape))}"
            if values.ndim > 1
            else "a single row of numbers"
            if values.ndim
            else "a single number"
        )
        raise ScenarioError(f"{where}: {shape}; it must be square, one row for each name.")
    names = (
        [str(name) for name in names]
        if names is not None
        else [str(i + 1) for i in range(len(values))]
    )
    if len(names) != len(values):
        raise ScenarioError(
            f"{where}: {len(names)} names but {len(values)} rows; give one row for each name."
        )
    for i in range(len(values)):
        if not values[i, i] == 1:
            raise ScenarioError(
                f"{where}: {names[i]} with itself is {values[i, i]:g}; the diagonal must be 1."
            )
        for j in range(i):
            if not -1 <= values[i, j] <= 1:
                raise ScenarioError(
                    f"{where}: {names[j]} with {names[i]} is {values[i, j]:g}; a correlation lies from -1 to 1."
                )
            if abs(values[i, j] - values[j, i]) > 1e-12:
                raise ScenarioError(
                    f"{where}: {names[j]} with {names[i]} is {values[j, i]:g} in one row and {values[i, j]:g} in the other; "
                    "the matrix must be symmetric."
                )
    if np.linalg.eigvalsh(values)[0] < -TINY:
        near = nearest_correlation(values)
        most = np.unravel_index(np.argmax(np.round(np.abs(near - values), 9)), values.shape)
        i, j = sorted(map(int, most))
        raise ScenarioError(
            f"{where}: these correlations cannot exist together (smallest eigenvalue {np.linalg.eigvalsh(values)[0]:.3g}). "
            f"{names[i]} with {names[j]} is {values[i, j]:g} and contradicts the others most; in the nearest possible matrix "
            f"it is {near[i, j]:.3f}. Take that matrix (nearest_correlation), or state fewer pairs through factors."
        )
    return values


def nearest_correlation(matrix, rounds: int = 2000) -> np.ndarray:
    """The nearest matrix that can be a correlation, in the sum of squares. Source: Higham (2002), alternating projections.

    >>> np.round(nearest_correlation([[1, 1, 0], [1, 1, 1], [0, 1, 1]]), 3)
    array([[1.   , 0.761, 0.157],
           [0.761, 1.   , 0.761],
           [0.157, 0.761, 1.   ]])
    """
    y = np.array(matrix, dtype=float)
    correction, scale = np.zeros_like(y), np.linalg.norm(y)
    for _ in range(rounds):
        before, r = y, y - correction
        values, vectors = np.linalg.eigh(r)
        x = (vectors * np.maximum(values, 0.0)) @ vectors.T
        correction, y = x - r, (x + x.T) / 2
        np.fill_diagonal(y, 1.0)
        if np.linalg.norm(y - before) < 1e-12 * scale:
            break
    values, vectors = np.linalg.eigh(y)  # the last step left the cone by a rounding
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    root /= np.linalg.norm(root, axis=1, keepdims=True)
    nearest = root @ root.T
    nearest = (nearest + nearest.T) / 2
    np.fill_diagonal(nearest, 1.0)
    return nearest


def root_of(matrix: np.ndarray) -> np.ndarray:
    """Lower triangular root, also where the matrix is only semidefinite: the first names keep their own draws."""
    lower = np.zeros_like(matrix)
    for i in range(len(matrix)):
        for j in range(i + 1):
            left = matrix[i, j] - lower[i, :j] @ lower[j, :j]
            if i == j:
                lower[i, i] = np.sqrt(left) if left > TINY else 0.0
            else:
                lower[i, j] = left / lower[j, j] if lower[j, j] > 0 else 0.0
    return lower


def copula_uniforms(seed: int, names, paths: int, matrix) -> np.ndarray:
    """Uniform draws (path, name) whose normal scores have the correlation `matrix`; each name has its own stream.

    The first name keeps its own draw, and a name added at the end changes no other. Raises ScenarioError for an impossible matrix.

    >>> u = copula_uniforms(1, ["a", "b"], 4096, [[1, 0.8], [0.8, 1]])
    >>> bool(abs(np.corrcoef(ndtri(u).T)[0, 1] - 0.8) < 0.03), bool(np.allclose(u[:, 0], streams.uniforms(1, "a", 4096)))
    (True, True)
    """
    matrix = check_correlation(matrix, names)
    scores = ndtri(np.stack([streams.uniforms(seed, name, paths) for name in names], axis=-1))
    return np.clip(ndtr(scores @ root_of(matrix).T), 1e-12, 1 - 1e-12)


def iman_conover(samples, matrix, seed: int = 0, names=None) -> np.ndarray:
    """The samples (path, name), each column in another order, so that its ranks have about the correlation `matrix`.

    Every column keeps its values exactly. Needs more paths than names. Source: Iman & Conover (1982).

    >>> x = np.stack([np.arange(1000.0), np.exp(np.linspace(0, 3, 1000))], axis=-1)
    >>> y = iman_conover(x, [[1, -0.7], [-0.7, 1]])
    >>> bool((np.sort(y, axis=0) == x).all()), bool(abs(spearman_of(y)[0, 1] - gaussian_spearman(-0.7)) < 0.03)
    (True, True)
    """
    x = np.asarray(samples, dtype=float)
    matrix = check_correlation(matrix, names)
    if x.ndim != 2 or x.shape[1] != len(matrix):
        raise ScenarioError(
            f"correlation: samples of shape {x.shape}; there must be a column for each of the {len(matrix)} names."
        )
    paths, count = x.shape
    if paths <= count:
        raise ScenarioError(
            f"correlation: {paths} paths for {count} names; there must be more paths than names."
        )
    base = ndtri(np.arange(1, paths + 1) / (paths + 1))
    scores = np.stack(
        [
            base[np.argsort(streams.uniforms(seed, f"order/{i}", paths), kind="stable")]
            for i in range(count)
        ],
        axis=-1,
    )
    scores = scores / scores.std(axis=0)
    own = root_of(np.corrcoef(scores.T).reshape(count, count))
    wanted = scores @ np.linalg.solve(own, np.eye(count)).T @ root_of(matrix).T
    ordered = np.empty_like(x)
    for i in range(count):
        ordered[np.argsort(wanted[:, i], kind="stable"), i] = np.sort(x[:, i])
    return ordered


def spearman_of(samples) -> np.ndarray:
    """Rank correlations of samples (path, name)."""
    from scipy.stats import rankdata

    return np.corrcoef(rankdata(samples, axis=0).T)


def gaussian_spearman(rho):
    """Rank correlation under a Gaussian copula: 6/π · asin(ρ/2). Number or array.

    >>> round(float(gaussian_spearman(0.6)), 12), round(float(normal_from_spearman(gaussian_spearman(0.6))), 12)
    (0.581920104124, 0.6)
    """
    return 6 / np.pi * np.arcsin(_rho(rho) / 2)


def gaussian_kendall(rho):
    """Kendall's τ under a Gaussian copula: 2/π · asin(ρ)."""
    return 2 / np.pi * np.arcsin(_rho(rho))


def normal_from_spearman(rank):
    """The ρ of the normal scores whose rank correlation is `rank`."""
    rank = _rho(rank)
    return np.where(np.abs(rank) == 1, rank, 2 * np.sin(np.pi / 6 * rank))[
        ()
    ]  # 2·sin(π ÷ 6) is not quite 1


def normal_from_kendall(tau):
    """The ρ of the normal scores whose Kendall's τ is `tau`."""
    return np.sin(np.pi / 2 * _rho(tau))


def lognormal_pearson(rho, sigma1, sigma2):
    """Pearson correlation of two lognormals whose logarithms correlate by ρ: even ρ = 1 gives less than 1.

    >>> round(float(lognormal_pearson(0.6, 0.5, 0.9)), 12)
    0.520645361182
    """
    s1, s2 = (np.asarray(s, float) for s in (sigma1, sigma2))
    if not ((s1 > 0) & (s2 > 0)).all():
        raise ScenarioError(
            f"correlation: sigma {sigma1} and {sigma2}; a lognormal that varies has a sigma above 0, and what does not vary "
            "correlates with nothing."
        )
    joint = _rho(rho) * s1 * s2
    # (e^j − 1) ÷ √((e^a − 1)(e^b − 1)) with every power below 0, so that wide ones do not overflow
    up = np.exp(np.maximum(joint, 0.0) - (s1**2 + s2**2) / 2)
    return (
        np.sign(joint)
        * -np.expm1(-np.abs(joint))
        * up
        / np.sqrt(np.expm1(-(s1**2)) * np.expm1(-(s2**2)))
    )[()]


def normal_from_lognormal_pearson(pearson: float, sigma1: float, sigma2: float) -> float:
    """The ρ of the logarithms that gives two lognormals the Pearson correlation; raises ScenarioError where none can."""
    least, most = (float(lognormal_pearson(rho, sigma1, sigma2)) for rho in (-1.0, 1.0))
    if not least - TINY <= pearson <= most + TINY:
        raise ScenarioError(
            f"correlation: two lognormals with sigma {sigma1:g} and {sigma2:g} can correlate from {least:.4g} to {most:.4g}, "
            f"not by {pearson:g}."
        )
    root = np.sqrt(np.expm1(sigma1**2) * np.expm1(sigma2**2))
    return float(np.clip(np.log1p(pearson * root) / (sigma1 * sigma2), -1, 1))


def _rho(value):
    rho = np.asarray(value, dtype=float)
    if not ((rho >= -1) & (rho <= 1)).all():
        raise ScenarioError(f"correlation: {str(value)[:40]}; a correlation lies from -1 to 1.")
    return rho
