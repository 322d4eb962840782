"""Checks of lesson 4: the evidence lower bound, its fit, and its closed form. Grader's side.

How values and gradients are judged, and with which error rates, stands in ``judging``. A fit is judged with limits that
leave room over the worst of the recipes in the lesson's range: with 32 draws a step, learning rates of 0.02 to 0.05 and
1,000 steps, over 12 sets of data, mu was off by 0.22 posterior standard deviations at most and logvar by 0.07, where
the limits are 0.5 and 0.4 and the listed mistakes are off by 1.0 or more.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from autograder import expect
from autograder.boundary.learner import LearnerObject
from autograder.checking import Draws, Failure, check
from autograder.checks.lesson04_kl_elbo import closed_forms as exact
from autograder.checks.lesson04_kl_elbo.judging import (
    BATCH_SUM,
    CUT,
    KEPT,
    UNSUMMED,
    Z_CUT,
    derivatives,
    flat,
    in_lesson,
    judge_estimate,
    judge_gradients,
    judge_rows,
    leaves,
)

BOUND = in_lesson("A bound that touches the truth")
CLIMB = in_lesson("Climbing the bound")
LINEAR = in_lesson("A whole model in closed form")


# bayes_elbo

DRAWS = 4_000


def regression(rng: Draws, n: int, d: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """x, y, and mu and logvar of a belief: anything of the right shapes."""
    return rng.normal(n, d), rng.normal(n), rng.normal(d), rng.uniform(-3, -1.5, d)


def sharp_regression(rng: Draws, mixed: float) -> tuple[Tensor, Tensor, Tensor]:
    """x, y, and the weights that fit best: long columns, perpendicular for mixed=0, and errors of a fixed size.

    The noise of the estimate is then small beside all that the listed mistakes change, for every seed.
    """
    basis = torch.linalg.qr(rng.normal(9, 4)).Q
    mixing = torch.eye(3, dtype=torch.float64) + mixed * rng.uniform(0.5, 1, 3, 3).tril(-1)
    x = basis[:, :3] * rng.uniform(18, 20, 3) @ mixing
    w = signs(rng, 3) * rng.uniform(0.2, 0.5, 3)
    return x, x @ w + 6.5 * basis[:, 3], w


def signs(rng: Draws, n: int) -> Tensor:
    """Numbers that are 1 or -1."""
    return rng.normal(n).sign()


def forms(x: Tensor, y: Tensor, mu: Tensor, logvar: Tensor, sigma: float) -> list[tuple[Tensor, Tensor]]:
    """(slope, curvature) in w at mu of what right answers draw: with a KL in closed form, drawn, or drawn with its
    parameters held."""
    identity = torch.eye(len(mu), dtype=torch.float64)
    slope, curvature = x.T @ (y - x @ mu) / sigma**2, -x.T @ x / sigma**2
    held = torch.diag((-logvar).exp())
    return [(slope, curvature), (slope - mu, curvature - identity), (slope - mu, curvature - identity + held)]


def elbo_limit(x: Tensor, y: Tensor, mu: Tensor, logvar: Tensor, sigma: float) -> float:
    """Nine standard errors of an estimate of the ELBO from DRAWS draws."""
    root = (logvar / 2).exp()
    variances = []
    # Drawn with the KL, log q takes its curvature from the draw too.
    for slope, curvature in forms(x, y, mu, logvar, sigma):
        scaled = root[:, None] * curvature * root
        variances.append((root * slope).square().sum() + scaled.square().sum() / 2)
    return 9 * math.sqrt(float(max(variances)) / DRAWS)


@check("bayes_elbo", "shape", BOUND)
def bayes_elbo_shape(bayes_elbo: LearnerObject, rng: Draws) -> None:
    """One number, in the dtype of the inputs, which are left alone."""
    for n, d, draws, dtype in [(6, 3, 5, torch.float64), (1, 2, 4, torch.float32), (4, 1, 1, torch.float64)]:
        names = ("x", "y", "mu", "logvar")
        inputs = {name: value.to(dtype) for name, value in zip(names, regression(rng, n, d), strict=True)}
        mistakes = {
            "one number for each draw: average over the draws.": (draws,),
            "one number for each observation: sum the log likelihood over the data.": (n,),
            "one number for each weight: sum the KL over the weights.": (d,),
        }
        with expect.untouched(**inputs):
            result = bayes_elbo(*inputs.values(), 0.7, draws)
        expect.kept(result, inputs["mu"], f"the ELBO of {n} observations from {draws} draws", (), mistakes)


@check("bayes_elbo", "values", BOUND)
def bayes_elbo_values(bayes_elbo: LearnerObject, rng: Draws) -> None:
    """The estimate is unbiased: expected log likelihood of all the data minus KL, with all constants."""
    x, y, w = sharp_regression(rng, mixed=0.3)
    # With these numbers the listed mistakes are far apart, from the truth and from each other.
    sigma = float(rng.uniform(1.45, 1.55))
    mu, logvar = w + 0.02 * signs(rng, 3), rng.uniform(-5.6, -5.3, 3)
    observed = one_number(bayes_elbo(x, y, mu, logvar, sigma, DRAWS))
    right, limit = exact.regression_elbo(x, y, mu, logvar, sigma), elbo_limit(x, y, mu, logvar, sigma)
    mistakes = exact.regression_mistakes(x, y, mu, logvar, sigma, DRAWS)
    judge_estimate(observed, right, limit, f"the ELBO from {DRAWS} draws", "the exact ELBO", mistakes)


@check("bayes_elbo", "evidence", BOUND)
def bayes_elbo_evidence(bayes_elbo: LearnerObject, rng: Draws) -> None:
    """For an orthogonal design it is never above the log evidence, and equal to it at the exact posterior."""
    x, y, _ = sharp_regression(rng, mixed=0)
    sigma = float(rng.uniform(1.25, 1.35))
    mean, covariance = exact.regression_posterior(x, y, sigma)
    best, evidence = covariance.diagonal().log(), exact.regression_evidence(x, y, sigma)
    rule = "the log evidence, log p(y)"
    for step in (0.0, 0.5, -0.5):
        mu, logvar = mean + step * covariance.diagonal().sqrt(), best + step
        observed = one_number(bayes_elbo(x, y, mu, logvar, sigma, DRAWS))
        limit = elbo_limit(x, y, mu, logvar, sigma)
        mistakes = exact.regression_mistakes(x, y, mu, logvar, sigma, DRAWS)
        if not step:
            judge_estimate(observed, evidence, limit, "the ELBO at the exact posterior", rule, mistakes)
        elif not observed <= evidence + limit:
            raise Failure("the ELBO is above the log evidence", f"at most {evidence:.4g}", f"{observed:.4g}")


@check("bayes_elbo", "gradients", BOUND)
def bayes_elbo_gradients(bayes_elbo: LearnerObject, rng: Draws) -> None:
    """The gradients in mu and logvar are unbiased: the bound can be climbed."""
    x, y, w = sharp_regression(rng, mixed=0.3)
    sigma = float(rng.uniform(2, 2.2))
    mu, logvar = w + signs(rng, 3) * rng.uniform(0.15, 0.25, 3), rng.uniform(-5.6, -5.3, 3)
    inputs = leaves(mu=mu, logvar=logvar)
    observed = expect.tensor(bayes_elbo(x, y, *inputs.values(), sigma, DRAWS), "the ELBO")
    found = expect.gradients(observed, inputs, cut=CUT, unused=dict.fromkeys(inputs, CUT))
    right = derivatives(exact.regression_elbo(x, y, **inputs, sigma=sigma), inputs)
    mistakes = exact.regression_mistakes(x, y, **inputs, sigma=sigma, n=DRAWS) | {Z_CUT: -exact.kl(**inputs)}
    named = {sentence: flat(derivatives(value, inputs)) for sentence, value in mistakes.items()}
    root = (logvar / 2).exp()
    variances = []
    for slope, curvature in forms(x, y, mu, logvar, sigma):
        by_weight = (curvature * root).square()
        of_logvar = root.square() * (slope.square() + by_weight.sum(-1) + by_weight.diagonal()) / 4
        variances.append(torch.cat([by_weight.sum(-1), of_logvar]))
    limit = 9 * (torch.stack(variances).amax(0) / DRAWS).sqrt()
    what, rule = "the gradient (in mu, then in logvar)", "that of the exact ELBO"
    judge_estimate(flat(found), flat(right), limit, what, rule, named)


def one_number(observed: Any) -> Tensor:
    """The ELBO, whatever its shape: that is for the shape check alone."""
    return expect.tensor(observed, "the ELBO").detach().double().sum()


# fit_posterior

STEPS = 1_000
NOT_MOVED = "mu or logvar has not moved: it is 0, as the prior has it. Give both to the optimizer, and call its step()."
MARGINAL = (
    "(Lambda^-1)_jj, the variance of one weight under the exact posterior. "
    "The ELBO of a mean-field q is highest at 1 / Lambda_jj, which is smaller."
)


def correlated(rng: Draws) -> tuple[Tensor, Tensor, float]:
    """A design with two columns that are nearly the same: 1 / Lambda_jj is about a third of (Lambda^-1)_jj there."""
    gram = torch.eye(3, dtype=torch.float64)
    gram[0, 1] = gram[1, 0] = 0.85 if rng.normal() > 0 else -0.85
    x = math.sqrt(20) * torch.linalg.qr(rng.normal(20, 3)).Q @ torch.linalg.cholesky(gram).T
    sigma = float(rng.uniform(0.8, 1.0))
    return x, x @ rng.uniform(0.8, 1.6, 3) + sigma * rng.normal(20), sigma


def fitted(fit_posterior: LearnerObject, x: Tensor, y: Tensor, sigma: float, steps: int) -> tuple[Tensor, Tensor]:
    """What the learner's fit returns, as two tensors."""
    names = ("mu", "logvar")
    first, second = expect.pair(fit_posterior(x.clone(), y.clone(), sigma, steps), "the result", names)
    return expect.tensor(first, "mu"), expect.tensor(second, "logvar")


@check("fit_posterior", "shape", CLIMB)
def fit_posterior_shape(fit_posterior: LearnerObject, rng: Draws) -> None:
    """A pair (mu, logvar) with a number for each weight, in the dtype of the data, which are left alone."""
    for d, dtype in [(3, torch.float64), (1, torch.float32)]:
        x, y = (value.to(dtype) for value in regression(rng, 6, d)[:2])
        with expect.untouched(x=x, y=y):
            pair = expect.pair(fit_posterior(x, y, 0.7, 3), "the result", ("mu", "logvar"))
        for name, value in zip(("mu", "logvar"), pair, strict=True):
            expect.kept(value, x, name, (d,))


@check("fit_posterior", "mean", CLIMB)
def fit_posterior_mean(fit_posterior: LearnerObject, rng: Draws) -> None:
    """mu is the mean of the exact posterior, within half of its standard deviation."""
    x, y, sigma = correlated(rng)
    mu, _ = fitted(fit_posterior, x, y, sigma, STEPS)
    right, covariance = exact.regression_posterior(x, y, sigma)
    averaged, _ = exact.regression_posterior(x, y, sigma * math.sqrt(len(x)))
    mistakes = {
        NOT_MOVED: 0 * right,
        exact.DATA_MEAN: averaged,
    }
    limit = 0.5 * covariance.diagonal().sqrt()
    judge_estimate(expect.shaped(mu, (3,), "mu"), right, limit, "mu", "the mean of the exact posterior", mistakes)


@check("fit_posterior", "variance", CLIMB)
def fit_posterior_variance(fit_posterior: LearnerObject, rng: Draws) -> None:
    """The variances are those of the best mean-field q, 1 / Lambda_jj; logvar is within 0.4."""
    x, y, sigma = correlated(rng)
    _, logvar = fitted(fit_posterior, x, y, sigma, STEPS)
    _, covariance = exact.regression_posterior(x, y, sigma)
    right = -torch.linalg.inv(covariance).diagonal().log()
    unmoved = {NOT_MOVED: 0 * right} if not logvar.any() else {}
    averaged = -(1 + x.square().sum(0) / (len(x) * sigma**2)).log()
    mistakes = unmoved | {
        MARGINAL: covariance.diagonal().log(),
        "log sigma in place of logvar: the logarithm of the variance is twice that.": right / 2,
        "sigma or its square, not the logarithm of the variance.": (right / 2).exp(),
        "the logarithm of the precision: turn its sign.": -right,
        exact.DATA_MEAN: averaged,
    }
    what, rule = "logvar", "log(1 / Lambda_jj)"
    judge_estimate(expect.shaped(logvar, (3,), what), right, 0.4, what, rule, mistakes)


# linear_gaussian_elbo


def linear_case(rng: Draws, n: int = 4, d: int = 5, k: int = 3) -> dict[str, Any]:
    """Arguments of the ELBO of a linear-Gaussian model, with a W whose columns are not orthogonal."""
    x, W, sigma = 2 * rng.normal(n, d), rng.normal(d, k), float(rng.uniform(0.5, 0.8))
    return {"x": x, "W": W, "sigma": sigma, "mu": rng.normal(n, k), "logvar": rng.uniform(-2, 1, n, k)}


@check("linear_gaussian_elbo", "shape", LINEAR)
def linear_gaussian_elbo_shape(linear_gaussian_elbo: LearnerObject, rng: Draws) -> None:
    """One number for each row of x, in the dtype of x; the inputs are left alone."""
    for n, d, k, dtype in [(4, 5, 3, torch.float32), (1, 4, 2, torch.float64), (3, 5, 1, torch.float64)]:
        case = linear_case(rng, n, d, k)
        sigma = case.pop("sigma")
        inputs = {name: value.to(dtype) for name, value in case.items()}
        x, W, mu, logvar = inputs.values()
        mistakes = {BATCH_SUM: (), UNSUMMED: (n, d), UNSUMMED + " ": (n, k), KEPT: (n, 1)}
        with expect.untouched(**inputs):
            result = linear_gaussian_elbo(x, W, sigma, mu, logvar)
        expect.kept(result, x, f"the ELBO of {n} rows with {d} pixels", (n,), mistakes)


@check("linear_gaussian_elbo", "values", LINEAR)
def linear_gaussian_elbo_values(linear_gaussian_elbo: LearnerObject, rng: Draws) -> None:
    """The exact ELBO of each row, with all constants."""
    case = linear_case(rng)
    observed = linear_gaussian_elbo(*(value.clone() if isinstance(value, Tensor) else value for value in case.values()))
    judge_rows(observed, exact.linear_elbo(**case), "the ELBO", "the exact ELBO", exact.linear_mistakes(**case))


@check("linear_gaussian_elbo", "evidence", LINEAR)
def linear_gaussian_elbo_evidence(linear_gaussian_elbo: LearnerObject, rng: Draws) -> None:
    """It touches the log evidence where q is the posterior and W has orthogonal columns, and is below it elsewhere."""
    case = linear_case(rng)
    x, sigma, step = case["x"], case["sigma"], rng.uniform(0.5, 1, 4, 3)
    W = case["W"] = torch.linalg.qr(case["W"]).Q * rng.uniform(1.2, 2, 3)
    mean, covariance = exact.linear_posterior(x, W, sigma)
    case["mu"], case["logvar"] = mean, covariance.diagonal().log().expand(4, -1).clone()
    evidence = exact.linear_evidence(x, W, sigma)
    observed = linear_gaussian_elbo(*case.values())
    what, rule = "the ELBO at the exact posterior", "the log evidence, log p(x)"
    judge_rows(observed, evidence, what, rule, exact.linear_mistakes(**case))
    elsewhere = expect.tensor(linear_gaussian_elbo(x, W, sigma, mean + step, case["logvar"] - step), "the ELBO")
    if not elsewhere.sum() < evidence.sum():
        expected, found = f"below {evidence.sum():.4g}", f"{elsewhere.sum():.4g}"
        raise Failure("the ELBO is above the log evidence where q is not the posterior", expected, found)


@check("linear_gaussian_elbo", "gradients", LINEAR)
def linear_gaussian_elbo_gradients(linear_gaussian_elbo: LearnerObject, rng: Draws) -> None:
    """Gradients reach W, mu and logvar, and agree with the closed form."""
    case = linear_case(rng)
    inputs = leaves(W=case["W"], mu=case["mu"], logvar=case["logvar"])
    case |= inputs
    mistakes = exact.linear_mistakes(**case)
    judge_gradients(linear_gaussian_elbo(*case.values()), exact.linear_elbo(**case), inputs, rng, mistakes)
