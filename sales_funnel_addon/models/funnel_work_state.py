import ast

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from ..tools.work import WorkState


class FunnelWorkState(models.Model):
    """A state that documents of one kind come to, such as "manufacturing order done"; stages can follow it."""

    _name = "funnel.work.state"
    _inherit = ["funnel.config.mixin"]
    _description = "State of Documents"
    _order = "model_name, sequence, id"

    name = fields.Char("State", required=True, translate=True)
    model_name = fields.Selection("_get_models", "Kind of Work", required=True)
    sequence = fields.Integer(
        "Progress", default=10, help="The higher, the further the work has come: a document passes the lower states."
    )
    condition = fields.Char(
        "Which Documents",
        default="[]",
        required=True,
        help="A filter over documents of this kind that are in the state.",
    )

    @api.model
    def _get_models(self):
        """Return the kinds of documents that leads can have: those of the apps that are installed."""
        names = self.env.registry.descendants(["funnel.work.mixin"], "_inherit")
        kinds = (self.env["ir.model"]._get(name) for name in names if not self.env[name]._abstract)
        return sorted((kind.model, kind.name) for kind in kinds)

    @api.depends("name", "model_name")
    @api.depends_context("lang")
    def _compute_display_name(self):
        kinds = dict(self._fields["model_name"]._description_selection(self.env))
        for state in self:
            state.display_name = f"{kinds.get(state.model_name, state.model_name)}: {state.name}"

    @api.constrains("model_name", "condition")
    def _check_condition(self):
        for state in self:
            if not state._is_of_installed_app():
                raise ValidationError(
                    self.env._(
                        "“%(state)s”: there are no documents “%(model)s” to follow.",
                        state=state.name,
                        model=state.model_name,
                    )
                )
            try:
                Domain(ast.literal_eval(state.condition)).validate(self.env[state.model_name])
            except (ValueError, SyntaxError, TypeError) as error:
                raise ValidationError(
                    self.env._(
                        "“%(state)s”: “%(filter)s” is not a filter over these documents (%(error)s).",
                        state=state.name,
                        filter=state.condition,
                        error=error,
                    )
                ) from error

    def _is_of_installed_app(self):
        """Tell whether there are such documents: an app that was removed leaves the states of an admin behind."""
        return self.model_name in dict(self._get_models())

    def _prepare_rule(self):
        return WorkState(id=self.id, model_name=self.model_name, rank=self.sequence, condition=self.condition)

    @api.model
    def _get_rule_fields(self):
        return ["name", "model_name", "sequence", "condition"]
