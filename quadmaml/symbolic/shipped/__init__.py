"""The derivations that the library ships, one topic a file."""

from __future__ import annotations

from collections.abc import Callable

from quadmaml.proofs.derivation import Derivation

from .chain_rule import fomaml_jacobian, maml_jacobian
from .first_order import fomaml_is_no_gradient, reptile_field, truncated_maml_field
from .fixed_points import covariance, fine_tuned_loss, maml_fixed_point, midpoint_loss, outer_trajectory, parallel_sum
from .implicit import imaml_error, imaml_jacobian, imaml_meta_gradient, moreau
from .maml import maml_gradient, support_query_field
from .residuals import chebyshev_residual, heavy_ball_residual, proximal_gd_residual

__all__ = ["SHIPPED"]

SHIPPED: dict[str, Callable[[], Derivation]] = {
    "maml-gradient": maml_gradient,
    "maml-jacobian": maml_jacobian,
    "fomaml-jacobian": fomaml_jacobian,
    "maml-fixed-point": maml_fixed_point,
    "fine-tuned-loss": fine_tuned_loss,
    "midpoint-loss": midpoint_loss,
    "parallel-sum": parallel_sum,
    "imaml-jacobian": imaml_jacobian,
    "imaml-meta-gradient": imaml_meta_gradient,
    "reptile-field": reptile_field,
    "moreau-equals-first-order-imaml": moreau,
    "support-query-field": support_query_field,
    "fomaml-is-no-gradient": fomaml_is_no_gradient,
    "outer-trajectory": outer_trajectory,
    "truncated-maml-field": truncated_maml_field,
    "fixed-point-covariance": covariance,
    "imaml-error": imaml_error,
    "heavy-ball-residual": heavy_ball_residual,
    "chebyshev-residual": chebyshev_residual,
    "proximal-gd-residual": proximal_gd_residual,
}
