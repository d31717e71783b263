from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from ..tools.options import OPTION_FIELDS, OPTION_KINDS


class FunnelOption(models.Model):
    """One choice in a list on the card of a deal, such as a type of product or a need of the client."""

    _name = "funnel.option"
    _inherit = ["funnel.offer.mixin"]
    _description = "Choice on the Card"
    _order = "kind, sequence, id"

    name = fields.Char(required=True, translate=True)
    kind = fields.Selection(OPTION_KINDS, "List", required=True, index=True, help="In which list it is offered.")
    team_ids = fields.Many2many(help="The funnels that offer it. Empty: all of them.")

    # ------------------------------------------------------------
    # ORM
    # ------------------------------------------------------------

    @api.model
    def name_search(self, name="", domain=None, operator="ilike", limit=100):
        """An import looks only in the list of the field that it fills: several lists may have such a choice."""
        kind = self.env.context.get("funnel_option_kind")
        if kind:
            domain = Domain(domain or Domain.TRUE) & Domain("kind", "=", kind)
        return super().name_search(name, domain, operator, limit)

    def write(self, vals):
        if "kind" in vals:
            moved = self.filtered(lambda option: option.kind != vals["kind"])
            used = moved._get_used()
            if used:
                raise UserError(
                    self.env._("“%s” is chosen on cards: it cannot go to another list.", ", ".join(used.mapped("name")))
                )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        """A choice that somebody has made is archived: deleting it would empty the card."""
        used = self._get_used()
        if used:
            raise UserError(
                self.env._(
                    "“%s” is chosen on cards. Archive it instead of deleting it.", ", ".join(used.mapped("name"))
                )
            )

    def _get_used(self):
        """Return those of the choices that stand on a lead or a contact, whoever may see it."""
        used = self.browse()
        if not self:
            return used
        for model_name in ("crm.lead", "res.partner"):
            model = self.env[model_name].sudo().with_context(active_test=False)
            for name in OPTION_FIELDS:
                if name in model._fields:
                    # one query for each field, however many leads there are
                    groups = model._read_group([(name, "in", self.ids)], [name])
                    used |= self.browse(option.id for (option,) in groups) & self
        return used

    @api.model
    def _check_kinds(self, records):
        """Refuse choices that stand in a list to which they do not belong.

        :param records: leads or contacts
        :raises ValidationError: naming the choice and the field
        """
        for name in OPTION_FIELDS.keys() & records._fields.keys():
            wrong = records[name].filtered(lambda option, name=name: option.kind != OPTION_FIELDS[name])
            if wrong:
                raise ValidationError(
                    self.env._(
                        "“%(option)s” is no choice for “%(field)s”.",
                        option=wrong[0].name,
                        field=records._fields[name]._description_string(self.env),
                    )
                )
