"""Checks of lesson 4: the KL divergence, the evidence lower bound and the loss of a VAE. Grader's side.

Closed forms are judged against oracles in float64 (``gaussian_bounds``), values and autograd gradients alike, with
room for float32 arithmetic. Two exercises estimate from draws. The mean of m draws is then judged against the truth
with the limit 9 s / sqrt(m), where s is the standard deviation of one draw in the worst of the ways to write a right
answer. One draw is a quadratic form in normal noise, whose mean is off by more than
s (sqrt(2 t) + sqrt(2) t / sqrt(m)) / sqrt(m) with probability below 2 exp(-t) (Laurent and Massart, 2000): for
m = 4,000 that is the limit at t = 33. So a right answer fails a check, of at most twelve such bounds, with probability
below 1e-12. Inputs are such that a listed mistake is off by much more than the limit. Drawing afresh is told from not
drawing by two results that are equal in every element, which chance does not bring about.

A fit is judged with limits that leave room over the worst of the recipes in the lesson's range: with 32 draws a step,
learning rates of 0.02 to 0.05 and 1,000 steps, over 12 sets of data, mu was off by 0.22 posterior standard deviations
at most and logvar by 0.07, where the limits are 0.5 and 0.4 and the listed mistakes are off by 1.0 or more.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from autograder import expect
from autograder.beside.lesson04_kl_elbo import with_log_joint
from autograder.checking import Draws, Failure, check
from autograder.checks import gaussian_bounds as exact
from autograder.learner import LearnerObject, beside

in_lesson = 'Lesson 4, "{}"'.format
agrees = partial(expect.close, rtol=1e-4, atol=1e-4)
"""Equal within what float32 arithmetic may cost an answer to float64 inputs: only a shape check minds the dtype."""

PRICE = in_lesson("The price of one belief")
BETWEEN = in_lesson("The price of changing your mind")
DRAWN = in_lesson("When there is no formula")
BOUND = in_lesson("A bound that touches the truth")
CLIMB = in_lesson("Climbing the bound")
LINEAR = in_lesson("A whole model in closed form")
NOISE = in_lesson("Squared error has a noise level")
STICKING = in_lesson("Sticking the landing")
LOSS = in_lesson("Two sums that must agree")

CUT = "detach(), .data, .item(), no_grad() or a tensor made anew: the result forgets where it came from."
BATCH_SUM = "the batch is summed too: return one number for each row, a sum over the last dimension alone."
BATCH_AXIS = "the sum runs over the batch: sum over the last dimension, and return one number for each row."
UNSUMMED = "nothing is summed over the last dimension: return one number for each row."
KEPT = "the summed dimension is kept: return shape (batch,), without keepdim."


# What several exercises need


def judge_row_shape(call: Callable[..., Any], what: str, **inputs: Tensor) -> None:
    """One number for each row, in the dtype of the inputs, which are left alone."""
    first = next(iter(inputs.values()))
    batch, last = len(first), first.shape[-1]
    with expect.untouched(**inputs):
        result = call(*inputs.values())
    mistakes = {BATCH_SUM: (), BATCH_AXIS: tuple(first.shape[1:]), UNSUMMED: tuple(first.shape), KEPT: (batch, 1)}
    expect.kept(result, first, f"{what} for inputs with rows of {last}", (batch,), mistakes)


def judge_rows(observed: Any, expected: Tensor, what: str, rule: str, mistakes: expect.Mistakes) -> None:
    """Row by row; an answer of another shape by its total, since the shape has a check of its own."""
    observed = expect.tensor(observed, what)
    if observed.shape != expected.shape:
        observed, expected = observed.sum(), expected.sum()
        mistakes = {sentence: torch.as_tensor(values).sum() for sentence, values in mistakes.items()}
    agrees(observed, expected, what, rule=rule, mistakes=mistakes)


def judge_gradients(
    observed: Any, expected: Tensor, inputs: Mapping[str, Tensor], rng: Draws, mistakes: expect.Mistakes
) -> None:
    """Gradients in all inputs are those of ``expected``; what is listed is recognised by its gradients."""
    observed = expect.tensor(observed, "the result")
    weights = rng.uniform(1, 2, *expected.shape) if observed.shape == expected.shape else None
    found = expect.gradients(observed, inputs, weights, cut=CUT, unused=dict.fromkeys(inputs, CUT))
    right = derivatives(expected, inputs, weights)
    wrong = {sentence: derivatives(torch.as_tensor(values), inputs, weights) for sentence, values in mistakes.items()}
    # One input alone may not tell two mistakes apart.
    observed, values = flat(found), {sentence: flat(gradients) for sentence, gradients in wrong.items()}
    likely = expect.recognise(observed, flat(right), values, rtol=1e-4, atol=1e-4)
    for name, gradient in found.items():
        named = {likely: wrong[likely][name]} if likely else {}
        agrees(gradient, right[name], f"the gradient in {name}", mistakes=named)


def flat(parts: Mapping[str, Tensor]) -> Tensor:
    """All numbers of several tensors, one after the other."""
    return torch.cat([part.detach().double().flatten() for part in parts.values()])


def derivatives(output: Tensor, inputs: Mapping[str, Tensor], weights: Tensor | None = None) -> dict[str, Tensor]:
    """Gradients of sum(weights * output), zeros where there is no path."""
    total = (output * (1 if weights is None else weights)).sum() + sum(0 * value.sum() for value in inputs.values())
    return dict(zip(inputs, torch.autograd.grad(total, list(inputs.values()), retain_graph=True), strict=True))


def judge_estimate(
    observed: Tensor, expected: Tensor, limit: Tensor | float, what: str, rule: str, mistakes: expect.Mistakes
) -> None:
    """Every element is within its limit of the truth; a listed mistake is one that is within it of the answer."""
    observed, expected, limit = observed.detach().double(), expected.detach(), torch.as_tensor(limit).detach()
    if ((observed - expected).abs() <= limit).all():
        return
    worst = int(torch.nan_to_num((observed - expected).abs() / limit, nan=math.inf).flatten().argmax())
    place = f" at [{worst}]" if observed.ndim else ""
    likely = ""
    for sentence, values in mistakes.items():
        values = torch.as_tensor(values).detach()
        near = limit + 2e-3 * values.abs()
        if ((observed - values).abs() <= near).all() and not ((values - expected).abs() <= limit).all():
            likely = sentence
            break
    right, found, allowed = (float(value.expand_as(observed).flatten()[worst]) for value in (expected, observed, limit))
    expected_text = f"{rule}, {right:.4g}{place}, within {allowed:.2g}"
    raise Failure(f"{what} is wrong", expected_text, f"{found:.4g}{place}", likely)


def leaves(**inputs: Tensor) -> dict[str, Tensor]:
    """The inputs, ready to be differentiated in."""
    return {name: value.detach().clone().requires_grad_() for name, value in inputs.items()}


# gaussian_kl


@check("gaussian_kl", "shape", PRICE)
def gaussian_kl_shape(gaussian_kl: LearnerObject, rng: Draws) -> None:
    """One number for each row, in the dtype of the inputs, which are left alone."""
    for shape, dtype in [((5, 3), torch.float32), ((1, 4), torch.float64), ((4, 1), torch.float64)]:
        mu, logvar = rng.normal(*shape, dtype=dtype), rng.normal(*shape, dtype=dtype)
        judge_row_shape(gaussian_kl, "the KL", mu=mu, logvar=logvar)


@check("gaussian_kl", "values", PRICE)
def gaussian_kl_values(gaussian_kl: LearnerObject, rng: Draws) -> None:
    """The KL divergence from N(0, I) in nats, and 0 where q is N(0, I) itself."""
    mu, logvar = rng.normal(5, 3), rng.uniform(-2, 2, 5, 3)
    rule = "the closed form, in nats"
    mistakes = exact.kl_mistakes(mu, logvar)
    right = exact.kl(mu, logvar)
    judge_rows(gaussian_kl(mu.clone(), logvar.clone()), right, "the KL", rule, mistakes)
    mu = torch.zeros(5, 3, dtype=torch.float64)
    judge_rows(gaussian_kl(mu, mu.clone()), mu.sum(-1), "the KL where q is N(0, I)", "0", {})


@check("gaussian_kl", "gradients", PRICE)
def gaussian_kl_gradients(gaussian_kl: LearnerObject, rng: Draws) -> None:
    """The gradients are mu and (sigma^2 - 1) / 2."""
    inputs = leaves(mu=rng.normal(5, 3), logvar=rng.uniform(-2, 2, 5, 3))
    mistakes = exact.kl_mistakes(**inputs)
    judge_gradients(gaussian_kl(*inputs.values()), exact.kl(**inputs), inputs, rng, mistakes)


# gaussian_kl_between


def between_inputs(rng: Draws, batch: int, latent: int, dtype: torch.dtype = torch.float64) -> dict[str, Tensor]:
    """Two normal distributions for each row, different in every number."""
    names = ("mu_q", "logvar_q", "mu_p", "logvar_p")
    return {name: rng.uniform(-1.5, 1.5, batch, latent, dtype=dtype) for name in names}


@check("gaussian_kl_between", "shape", BETWEEN)
def gaussian_kl_between_shape(gaussian_kl_between: LearnerObject, rng: Draws) -> None:
    """One number for each row, in the dtype of the inputs, which are left alone."""
    for batch, latent, dtype in [(5, 3, torch.float32), (1, 4, torch.float64), (4, 1, torch.float64)]:
        judge_row_shape(gaussian_kl_between, "the KL", **between_inputs(rng, batch, latent, dtype))


@check("gaussian_kl_between", "values", BETWEEN)
def gaussian_kl_between_values(gaussian_kl_between: LearnerObject, rng: Draws) -> None:
    """KL(q || p) in nats, and 0 where q is p."""
    inputs = between_inputs(rng, 5, 3)
    copies = (value.clone() for value in inputs.values())
    mistakes = exact.kl_between_mistakes(**inputs)
    judge_rows(gaussian_kl_between(*copies), exact.kl_between(**inputs), "the KL", "KL(q || p)", mistakes)
    mu, logvar = inputs["mu_q"], inputs["logvar_q"]
    same = gaussian_kl_between(mu, logvar, mu.clone(), logvar.clone())
    judge_rows(same, torch.zeros(5, dtype=torch.float64), "the KL where q is p", "0", {})


@check("gaussian_kl_between", "gradients", BETWEEN)
def gaussian_kl_between_gradients(gaussian_kl_between: LearnerObject, rng: Draws) -> None:
    """Gradients reach all four inputs, and agree with the closed form."""
    inputs = leaves(**between_inputs(rng, 5, 3))
    mistakes = exact.kl_between_mistakes(**inputs)
    judge_gradients(gaussian_kl_between(*inputs.values()), exact.kl_between(**inputs), inputs, rng, mistakes)


# monte_carlo_kl

ROWS = 8_000
LOG_P_FIRST = "log p(z) - log q(z): the order is turned. The KL is the mean of log q(z) - log p(z)."
ABSOLUTE = "an absolute value: a single log q(z) - log p(z) may be negative, and the mean needs those draws."
ONE_CONSTANT = "log(2 pi) / 2 stands in only one of the two log densities: give it to both, or to neither."
ONE_LOG_SIGMA = "log q(z) lacks its -logvar / 2: only log(2 pi) / 2 is common to both densities."
CLOSED_FORM = (
    "the closed form: nothing is drawn. Average log q(z) - log p(z) over n draws of z; "
    "it differs from draw to draw wherever q is not p."
)
FIXED_SEED = "a seed fixed inside the function, or noise drawn outside it. Draw at every call; seeds are the caller's."
SHARED_ROW = "one eps shared across the batch. Draw a number for every element: shape (n, batch, latent)."
N_IGNORED = "n is ignored, or one draw is repeated n times. Draw n times, and average over the n."
Z_CUT = "z was cut (.sample(), detach() or no_grad()): the path through z is lost. Use z = mu + sigma * eps."


def same_rows(rng: Draws, means: tuple[float, float], logvars: tuple[float, float]) -> tuple[Tensor, Tensor]:
    """ROWS times the same mu and the same logvar: one row's estimate, many times over."""
    mu, logvar = rng.uniform(*means, 1, 3), rng.uniform(*logvars, 1, 3)
    return mu.repeat(ROWS, 1), logvar.repeat(ROWS, 1)


@check("monte_carlo_kl", "shape", DRAWN)
def monte_carlo_kl_shape(monte_carlo_kl: LearnerObject, rng: Draws) -> None:
    """One number for each row, in the dtype of the inputs, which are left alone, for every n."""
    for shape, n, dtype in [((5, 3), 7, torch.float32), ((1, 4), 1, torch.float64), ((4, 1), 6, torch.float64)]:
        mu, logvar = rng.normal(*shape, dtype=dtype), rng.normal(*shape, dtype=dtype)
        call = partial(with_n, monte_carlo_kl, n)
        judge_row_shape(call, f"the estimate from {n} draws", mu=mu, logvar=logvar)


def with_n(function: LearnerObject, n: int, mu: Tensor, logvar: Tensor) -> Any:
    """The estimate from n draws."""
    return function(mu, logvar, n)


@check("monte_carlo_kl", "draws", DRAWN)
def monte_carlo_kl_draws(monte_carlo_kl: LearnerObject, rng: Draws) -> None:
    """Every call and every row draws afresh, and more draws bring the estimates closer together."""
    mu, logvar = same_rows(rng, (1, 2), (-1, 1))
    first, second, many = (expect.tensor(monte_carlo_kl(mu, logvar, n), "the estimate").double() for n in (1, 1, 25))
    if torch.equal(first, second):
        same = torch.isclose(first.sum() / ROWS, exact.kl(mu, logvar)[0], rtol=1e-3)
        likely = CLOSED_FORM if same else FIXED_SEED
        raise Failure("two calls give the same value", "an estimate from fresh draws", "no difference", likely)
    if first.shape != mu.shape[:1]:
        return  # The shape has a check of its own, and rows cannot be told apart.
    if (first == first[0]).all():
        raise Failure("all rows have the same estimate", "draws of its own for every row", "no difference", SHARED_ROW)
    ratio = float(first.std() / many.std())
    if not ratio > 2.5:
        observed = f"it falls by the factor {ratio:.2f}"
        raise Failure("the spread does not fall with n", "a fall by about 5 from n = 1 to n = 25", observed, N_IGNORED)


@check("monte_carlo_kl", "values", DRAWN)
def monte_carlo_kl_values(monte_carlo_kl: LearnerObject, rng: Draws) -> None:
    """The estimate is unbiased, far from the prior and near it."""
    for n, mu, logvar in [
        (2, *same_rows(rng, (2, 2.4), (-1.5, -0.7))),
        (1, *same_rows(rng, (0.3, 0.5), (-0.4, 0.4))),
    ]:
        observed = expect.tensor(monte_carlo_kl(mu, logvar, n), "the estimate").double()
        right, var = exact.kl(mu, logvar)[0], logvar[0].exp()
        # Drawn as log q - log p, or with log p alone drawn and the entropy exact.
        spread = mu[0].square() * var + torch.maximum((var - 1).square(), var.square()) / 2
        limit = 9 * float(spread.sum().sqrt()) / math.sqrt(ROWS * n)
        mistakes = drawn_mistakes(mu, logvar, n, rng)
        if observed.ndim and len(observed) > 1 and (observed == observed[0]).all():
            mistakes = {SHARED_ROW: observed.sum() / ROWS, **mistakes}
        judge_estimate(observed.sum() / ROWS, right, limit, f"the mean of {ROWS} estimates", "the KL", mistakes)


def drawn_mistakes(mu: Tensor, logvar: Tensor, n: int, rng: Draws) -> expect.Mistakes:
    """The expected values of wrong estimates; those of absolute values are measured."""
    right, constant = exact.kl(mu, logvar)[0], mu.shape[-1] * exact.LOG_2PI / 2
    eps = rng.normal(n, *mu.shape)
    z = mu + (logvar / 2).exp() * eps
    difference = (z.square() - eps.square() - logvar) / 2
    return {
        LOG_P_FIRST: -right,
        ABSOLUTE: difference.sum(-1).abs().mean(),
        ABSOLUTE[:-1] + ", in every dimension.": difference.abs().sum(-1).mean(),
        ABSOLUTE[:-1] + ", also after the mean over n.": difference.sum(-1).mean(0).abs().mean(),
        ONE_CONSTANT: right + constant,
        ONE_CONSTANT[:-1] + "; here log p(z) lacks it.": right - constant,
        ONE_LOG_SIGMA: right + logvar[0].sum() / 2,
        exact.LATENT_MEAN: right / mu.shape[-1],
        "the n draws are summed: average them.": n * right,
    }


@check("monte_carlo_kl", "gradients", DRAWN)
def monte_carlo_kl_gradients(monte_carlo_kl: LearnerObject, rng: Draws) -> None:
    """The gradients in mu and logvar are unbiased."""
    mu, logvar = same_rows(rng, (2.2, 2.6), (-2.5, -2))  # A negative draw is rare here.
    inputs = leaves(mu=mu, logvar=logvar)
    observed = expect.tensor(monte_carlo_kl(*inputs.values(), 1), "the estimate")
    found = expect.gradients(observed, inputs, cut=CUT, unused=dict.fromkeys(inputs, Z_CUT))
    (mu, logvar), var = (mu[0], logvar[0]), logvar[0].exp()
    truths = {"mu": mu, "logvar": (var - 1) / 2}
    # Of one draw, through log q(z) in its parameters as well, or through z alone.
    of_mu, of_logvar = torch.maximum(var, var - 2 + 1 / var), torch.maximum(var, 1 - var).square()
    spreads = {"mu": of_mu, "logvar": mu.square() * var / 4 + of_logvar / 2}
    for name, right in truths.items():
        limit = 9 * (spreads[name] / ROWS).sqrt()
        mistakes = {Z_CUT: 0 * right, LOG_P_FIRST: -right, exact.LATENT_MEAN: right / len(right)}
        if (found[name] == found[name][0]).all():
            mistakes = {SHARED_ROW: found[name].mean(0).detach(), **mistakes}
        what = f"the mean of {ROWS} gradients in {name}"
        judge_estimate(found[name].mean(0), right, limit, what, "the gradient of the KL", mistakes)


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
    sigma = float(rng.uniform(1.25, 1.35))
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


# gaussian_nll


def noise_level(rng: Draws) -> Tensor:
    """log sigma of the noise: a 0-dim tensor, away from 0."""
    return rng.uniform(-1.2, -0.5)


@check("gaussian_nll", "shape", NOISE)
def gaussian_nll_shape(gaussian_nll: LearnerObject, rng: Draws) -> None:
    """One number for each image, flat or not, in the dtype of the inputs, which are left alone."""
    for shape, dtype in [((5, 7), torch.float32), ((1, 6), torch.float64), ((4, 3, 2), torch.float64)]:
        x_hat, x, log_sigma = rng.normal(*shape, dtype=dtype), rng.normal(*shape, dtype=dtype), noise_level(rng)
        mistakes = {
            "the batch is summed too: return one number for each image.": (),
            UNSUMMED: shape,
            KEPT: (shape[0], 1),
            "the sum runs over the last dimension alone: an image may have several.": shape[:-1],
        }
        inputs = {"x_hat": x_hat, "x": x, "log_sigma": log_sigma.to(dtype)}
        with expect.untouched(**inputs):
            result = gaussian_nll(*inputs.values())
        expect.kept(result, x, f"the loss for images of shape {shape}", shape[:1], mistakes)


@check("gaussian_nll", "values", NOISE)
def gaussian_nll_values(gaussian_nll: LearnerObject, rng: Draws) -> None:
    """-log N(x; x_hat, sigma^2) summed over the pixels, with its constant."""
    x_hat, x, log_sigma = rng.normal(5, 7), rng.normal(5, 7), noise_level(rng)
    observed = gaussian_nll(x_hat.clone(), x.clone(), log_sigma.clone())
    mistakes = exact.nll_mistakes(x_hat, x, log_sigma)
    judge_rows(observed, exact.nll(x_hat, x, log_sigma), "the loss", "-log N(x; x_hat, sigma^2)", mistakes)


@check("gaussian_nll", "gradients", NOISE)
def gaussian_nll_gradients(gaussian_nll: LearnerObject, rng: Draws) -> None:
    """Gradients reach x_hat and log_sigma: the noise level can be learned."""
    x, inputs = rng.normal(5, 7), leaves(x_hat=rng.normal(5, 7), log_sigma=noise_level(rng))
    x_hat, log_sigma = inputs.values()
    right, mistakes = exact.nll(x_hat, x, log_sigma), exact.nll_mistakes(x_hat, x, log_sigma)
    judge_gradients(gaussian_nll(x_hat, x, log_sigma), right, inputs, rng, mistakes)


# stl_elbo_gradient

NAMES = ("grad_mu", "grad_logvar")
PLAIN = "the ordinary gradient: log q(z) was differentiated in mu and logvar too. Hold them, not z."
SCORE = "z is detached: what remains is the score of q, whose mean is 0. Hold mu and logvar in log q(z), not z."
INNER_CUT = (
    "z is detached inside log q: its path is lost there, and the score is kept. Hold mu and logvar instead, not z."
)
NO_LOG_Q = "log q(z) is detached or missing: only log_joint is differentiated. Its path through z is needed."
LOG_Q_ADDED = "log q(z) is added: the ELBO has log_joint(z) - log q(z)."
CLIMBS_DOWN = "the sign is turned: this is the gradient of -ELBO."
LOG_SIGMA_GRADIENT = "the factor 1/2 is missing: that is the gradient in log sigma, and logvar = 2 log sigma."
SIGMA_GRADIENT = "that is the gradient in sigma: multiply it by dsigma/dlogvar = sigma / 2."


def stl_case(rng: Draws) -> tuple[dict[str, Tensor], Tensor, Tensor, Tensor]:
    """The parameters of a log joint density, then mu, logvar and eps."""
    root = rng.normal(3, 3)
    precision = root @ root.T + torch.eye(3, dtype=torch.float64)
    target = {"centre": rng.normal(3), "precision": precision, "waves": rng.uniform(0.5, 1, 3)}
    return target, rng.normal(3), rng.uniform(-1, 1, 3), rng.normal(6, 3)


def call_stl(function: LearnerObject, target: Mapping[str, Tensor], *inputs: Tensor) -> tuple[Tensor, Tensor]:
    """The learner's two gradients for this log joint density."""
    result = beside(with_log_joint, function, *target.values(), *inputs)
    first, second = expect.pair(result, "the result", NAMES)
    return expect.tensor(first, NAMES[0]), expect.tensor(second, NAMES[1])


@check("stl_elbo_gradient", "shape", STICKING)
def stl_elbo_gradient_shape(stl_elbo_gradient: LearnerObject, rng: Draws) -> None:
    """Both gradients have a row for each draw and a column for each parameter; the inputs are left alone."""
    target, mu, logvar, eps = stl_case(rng)
    mistakes = {
        "the draws are averaged (or summed): return one row for each draw.": (3,),
        "one number for each draw: return a column for each parameter.": (6,),
    }
    with expect.untouched(mu=mu, logvar=logvar, eps=eps):
        result = call_stl(stl_elbo_gradient, target, mu, logvar, eps)
    for name, gradient in zip(NAMES, result, strict=True):
        expect.kept(gradient, eps, name, (6, 3), mistakes)


@check("stl_elbo_gradient", "values", STICKING)
def stl_elbo_gradient_values(stl_elbo_gradient: LearnerObject, rng: Draws) -> None:
    """Draw by draw, the gradient takes the path through z alone."""
    target, mu, logvar, eps = stl_case(rng)
    found = call_stl(stl_elbo_gradient, target, mu.clone(), logvar.clone(), eps.clone())
    sigma = (logvar / 2).exp()
    z = mu + sigma * eps
    slope = (target["centre"] - z) @ target["precision"] + z.cos() * target["waves"]
    whole = slope + eps / sigma
    ways = {
        PLAIN: (slope, slope * sigma * eps / 2 + 0.5),
        SCORE: (-eps / sigma, (1 - eps.square()) / 2),
        NO_LOG_Q: (slope, slope * sigma * eps / 2),
        INNER_CUT: (slope - eps / sigma, slope * sigma * eps / 2 + (1 - eps.square()) / 2),
        LOG_Q_ADDED: (
            slope - eps / sigma,
            (slope - eps / sigma) * sigma * eps / 2,
        ),
        CLIMBS_DOWN: (-whole, -whole * sigma * eps / 2),
        LOG_SIGMA_GRADIENT: (whole, whole * sigma * eps),
        SIGMA_GRADIENT: (whole, whole * eps),
        "mu was taken away from the path: z = mu + sigma * eps.": (0 * whole, whole * sigma * eps / 2),
    }
    right = (whole, whole * sigma * eps / 2)
    # The two gradients together tell the mistakes apart.
    observed, expected = torch.cat([part.double() for part in found]), torch.cat(right)
    named = {sentence: torch.cat(pair) for sentence, pair in ways.items()}
    rule = "the gradient of log_joint(z) - log q(z) through z alone"
    agrees(observed, expected, "the gradients (grad_mu above grad_logvar)", rule=rule, mistakes=named)


@check("stl_elbo_gradient", "optimum", STICKING)
def stl_elbo_gradient_optimum(stl_elbo_gradient: LearnerObject, rng: Draws) -> None:
    """Where q is the posterior, the gradient of every single draw is 0."""
    _, mu, logvar, eps = stl_case(rng)
    target = {"centre": mu, "precision": torch.diag((-logvar).exp()), "waves": 0 * mu}
    found = call_stl(stl_elbo_gradient, target, mu.clone(), logvar.clone(), eps)
    zero, sigma = torch.zeros_like(eps), (logvar / 2).exp()
    plain = -eps / sigma
    ways = {
        PLAIN: (plain, (1 - eps.square()) / 2),
        NO_LOG_Q: (plain, -eps.square() / 2),
        INNER_CUT: (2 * plain, 0.5 - eps.square()),
        LOG_Q_ADDED: (2 * plain, -eps.square()),
    }
    observed = torch.cat([part.double() for part in found])
    named = {sentence: torch.cat(pair) for sentence, pair in ways.items()}
    # The score of q has the same numbers at this place: one sentence for both.
    named = {f"{PLAIN} (Or z is detached, which gives the same numbers here.)": named.pop(PLAIN), **named}
    what = "the gradients at the optimum (grad_mu above grad_logvar)"
    agrees(observed, torch.cat([zero, zero]), what, rule="0 for every draw", mistakes=named)


# vae_loss

BATCH_SUMMED = (
    "the reconstruction is summed over the batch while the KL is averaged: "
    "beta is then divided by the batch size. Average both over the batch."
)
PIXELS_AVERAGED = (
    "the reconstruction is averaged over the pixels: beta is then multiplied by their number. Sum over the pixels."
)
TWICE = "sigmoid comes before a loss that takes logits: that is a sigmoid twice. Pass the logits as they are."
KL_TOTAL = "the KL is summed over the batch: average it over the batch."
KL_PER_LATENT = "the KL is averaged over the latent dimension too: sum over it, then average over the batch."
BETA_IN_KL = "the returned kl contains beta: return it without, and multiply in the loss alone."
BETA_ON_RECONSTRUCTION = "beta multiplies the reconstruction: it is the weight of the KL."
BETA_IGNORED = "beta has no effect: the loss is reconstruction + beta * kl."
KL_LOWERS = "the KL lowers the loss: beta * kl is subtracted, or the sign of kl is turned."
KL_SUBTRACTED = "beta * kl is subtracted: the loss is a negative ELBO, so the KL is added."
PARTS = ("loss", "reconstruction", "kl")


def vae_case(rng: Draws, *pixels: int) -> dict[str, Any]:
    """logits, x, mu, logvar and beta: five images, three latent numbers, and no number that hides a mistake."""
    logits, x = 2 * rng.normal(5, *pixels), rng.uniform(0, 1, 5, *pixels).round()
    mu, logvar = rng.normal(5, 3), rng.uniform(-2, 1, 5, 3)
    return {"logits": logits, "x": x, "mu": mu, "logvar": logvar, "beta": float(rng.uniform(0.2, 0.4))}


def three(function: LearnerObject, case: Mapping[str, Any]) -> tuple[Tensor, ...]:
    """What the learner's loss returns: three tensors with one number each."""
    result = function(*(value.clone() if isinstance(value, Tensor) else value for value in case.values()))
    if not isinstance(result, (tuple, list)) or len(result) != 3:
        raise Failure("the result should be three tensors", f"a tuple ({', '.join(PARTS)})", f"{shown(result)}")
    return tuple(expect.shaped(value, (), name) for name, value in zip(PARTS, result, strict=True))


def shown(result: Any) -> str:
    """What came in place of three tensors."""
    return f"{len(result)} values" if isinstance(result, (tuple, list)) else f"a {type(result).__name__}"


def reconstruction_of(logits: Tensor, x: Tensor) -> Tensor:
    """Bernoulli negative log-likelihood, summed over pixels and averaged over images."""
    return binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)


def reconstruction_mistakes(logits: Tensor, x: Tensor) -> dict[str, Tensor]:
    """What is mistaken for ``reconstruction_of``."""
    right = reconstruction_of(logits, x)
    return {
        BATCH_SUMMED: len(x) * right,
        PIXELS_AVERAGED: right / x[0].numel(),
        TWICE: reconstruction_of(logits.sigmoid(), x),
        exact.LIKELIHOOD: -right,
    }


def kl_term_mistakes(mu: Tensor, logvar: Tensor) -> dict[str, Tensor]:
    """What is mistaken for the mean KL of a batch."""
    right = exact.kl(mu, logvar).mean()
    per_row = {sentence: rows.mean() for sentence, rows in exact.kl_mistakes(mu, logvar).items()}
    per_row.pop(exact.LATENT_MEAN)
    return {KL_TOTAL: len(mu) * right, KL_PER_LATENT: right / mu.shape[-1], **per_row}


@check("vae_loss", "shape", LOSS)
def vae_loss_shape(vae_loss: LearnerObject, rng: Draws) -> None:
    """Three numbers, in the dtype of the inputs, which are left alone; images may have several dimensions."""
    for pixels, dtype in [((7,), torch.float32), ((2, 4), torch.float64)]:
        case = vae_case(rng, *pixels)
        beta = case.pop("beta")
        inputs = {name: value.to(dtype) for name, value in case.items()}
        with expect.untouched(**inputs):
            result = vae_loss(*inputs.values(), beta)
        if not isinstance(result, (tuple, list)) or len(result) != 3:
            raise Failure("the result should be three tensors", f"a tuple ({', '.join(PARTS)})", f"{shown(result)}")
        for name, value in zip(PARTS, result, strict=True):
            expect.kept(value, inputs["logits"], name, (), {"one number for each image: average over the batch.": (5,)})


@check("vae_loss", "reconstruction", LOSS)
def vae_loss_reconstruction(vae_loss: LearnerObject, rng: Draws) -> None:
    """The reconstruction is summed over the pixels and averaged over the batch, in nats."""
    for pixels in [(7,), (2, 4)]:
        case = vae_case(rng, *pixels)
        _, observed, _ = three(vae_loss, case)
        right, mistakes = (
            reconstruction_of(case["logits"], case["x"]),
            reconstruction_mistakes(case["logits"], case["x"]),
        )
        mistakes |= {BETA_ON_RECONSTRUCTION: case["beta"] * right}
        if len(pixels) == 2:
            mistakes |= {"the sum runs over the last dimension alone: an image may have several.": right / pixels[0]}
        agrees(observed, right, f"the reconstruction for images of shape {pixels}", rule="nats", mistakes=mistakes)


@check("vae_loss", "kl", LOSS)
def vae_loss_kl(vae_loss: LearnerObject, rng: Draws) -> None:
    """The KL is summed over the latents and averaged over the batch, and beta is not in it."""
    case = vae_case(rng, 7)
    _, _, observed = three(vae_loss, case)
    right = exact.kl(case["mu"], case["logvar"]).mean()
    mistakes = {BETA_IN_KL: case["beta"] * right, **kl_term_mistakes(case["mu"], case["logvar"])}
    agrees(observed, right, "the KL", rule="nats per image", mistakes=mistakes)


@check("vae_loss", "loss", LOSS)
def vae_loss_loss(vae_loss: LearnerObject, rng: Draws) -> None:
    """The loss is reconstruction + beta * kl, of the two terms that are returned beside it."""
    case = vae_case(rng, 7)
    loss, reconstruction, kl = (value.detach().double() for value in three(vae_loss, case))
    beta = case["beta"]
    true = reconstruction_of(case["logits"], case["x"]) + beta * exact.kl(case["mu"], case["logvar"]).mean()
    # A right loss beside a wrong term is a mistake of that term's check.
    expected = true if torch.isclose(loss, true, rtol=1e-4) else reconstruction + beta * kl
    mistakes = {
        BETA_ON_RECONSTRUCTION: beta * reconstruction + kl,
        BETA_IGNORED: reconstruction + kl,
        KL_SUBTRACTED: reconstruction - beta * kl,
    }
    agrees(loss, expected, "the loss", rule="reconstruction + beta * kl", mistakes=mistakes)


@check("vae_loss", "gradients", LOSS)
def vae_loss_gradients(vae_loss: LearnerObject, rng: Draws) -> None:
    """Gradients of the loss reach the logits, mu and logvar, in the right proportion."""
    case = vae_case(rng, 7)
    x, beta = case["x"], case["beta"]
    inputs = leaves(logits=case["logits"], mu=case["mu"], logvar=case["logvar"])
    logits, mu, logvar = inputs.values()
    result = vae_loss(logits, x, mu, logvar, beta)
    if not isinstance(result, (tuple, list)) or len(result) != 3:
        raise Failure("the result should be three tensors", f"a tuple ({', '.join(PARTS)})", f"{shown(result)}")
    first, second = reconstruction_of(logits, x), exact.kl(mu, logvar).mean()
    mistakes = {sentence: value + beta * second for sentence, value in reconstruction_mistakes(logits, x).items()}
    mistakes |= {sentence: first + beta * value for sentence, value in kl_term_mistakes(mu, logvar).items()}
    mistakes |= {BETA_ON_RECONSTRUCTION: beta * first + second, BETA_IGNORED: first + second}
    mistakes = {KL_LOWERS: first - beta * second, **mistakes}
    judge_gradients(result[0], first + beta * second, inputs, rng, mistakes)
