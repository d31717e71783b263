from itertools import compress

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain


class FunnelCaseMixin(models.AbstractModel):
    """What kind of case a lead is, in funnels that offer case types."""

    _name = "funnel.case.mixin"
    _description = "Case of a Funnel"

    funnel_case_type_id = fields.Many2one(
        "funnel.case.type",
        "Case Type",
        index="btree_not_null",
        ondelete="restrict",
        tracking=True,
        copy=False,
        domain="[('offering_team_ids', 'in', [False, team_id])]",
        help="What kind of case it is; stages may lead on by it.",
    )
    funnel_has_case_types = fields.Boolean(
        "Has Case Types", compute="_compute_funnel_has_case_types", help="The funnel tells its cases apart by type."
    )

    @api.depends("team_id")
    def _compute_funnel_has_case_types(self):
        rules = self.env["crm.team"]._get_funnel_rules()
        for lead in self:
            lead.funnel_has_case_types = rules.has_case_types(lead.team_id.id)

    def _add_board_facts(self, found, told):
        told = super()._add_board_facts(found, told)
        for lead in self._browse_found(compress(self._ids, self._get_stored("funnel_case_type_id"))):
            # a name, also of a type that only another company offers
            told[lead.id]["case_type"] = lead.sudo().funnel_case_type_id.display_name
        return told

    @api.constrains("funnel_case_type_id")
    def _check_funnel_case_type_id(self):
        """A type is chosen among those of the funnel."""
        self._check_case_types(self.filtered("funnel_case_type_id"))

    @api.constrains("team_id")
    def _check_case_type_of_funnel(self):
        """A lead keeps its type where types mean nothing, as while it is deferred, but brings none where others do."""
        self._check_case_types(self.filtered("funnel_has_case_types").filtered("funnel_case_type_id"))

    @api.model
    def _check_case_types(self, leads):
        """Refuse types that the funnels of the leads do not offer.

        :raises ValidationError: naming the lead, its type and the funnel
        """
        rules = self.env["crm.team"]._get_funnel_rules()
        for lead in leads:
            if not rules.offers_case_type(lead.team_id.id, lead.funnel_case_type_id.id):
                raise ValidationError(
                    self.env._(
                        "“%(lead)s”: “%(type)s” is no case type of “%(funnel)s”. Choose one that the funnel offers.",
                        lead=lead.display_name,
                        # whoever may see the type: it is named to say what is wrong
                        type=lead.funnel_case_type_id.sudo().display_name,
                        funnel=lead.team_id.name or self.env._("no funnel"),
                    )
                )

    def _describe_missing_fields(self, verdict):
        """A dialog offers the types of the funnel of the lead, as its form does."""
        described = super()._describe_missing_fields(verdict)
        for item in described:
            if item["name"] == "funnel_case_type_id":
                item["domain"] = list(Domain("offering_team_ids", "in", [False, *self.team_id.ids]))
        return described

    def _merge_get_fields_specific(self):
        return {**super()._merge_get_fields_specific(), "funnel_case_type_id": self._merge_case_types}

    @api.model
    def _merge_case_types(self, _name, leads):
        """Return the type of the lead that stays, or the first of the others that its funnel offers."""
        rules, kept = self.env["crm.team"]._get_funnel_rules(), leads[:1]
        offered = (i for i in leads.funnel_case_type_id.ids if rules.offers_case_type(kept.team_id.id, i))
        return kept.funnel_case_type_id.id or next(offered, False)
