from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..tools import chains


class FunnelSubjectMixin(models.AbstractModel):
    """Which deal a follow-up is about that was made by hand, such as a claim: it stands in the chain of that deal."""

    _name = "funnel.subject.mixin"
    _description = "Deal of a Follow-up"

    funnel_subject_id = fields.Many2one(
        "crm.lead",
        "About the Deal",
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        tracking=True,
        domain="[('won_status', '=', 'won'), ('id', '!=', id)]"
        " + ([('partner_id.commercial_partner_id', '=', funnel_client_id)] if funnel_client_id else [])",
        help="The won deal of the same client that a follow-up made by hand is about; it comes from that deal then.",
    )

    @api.onchange("funnel_subject_id")
    def _onchange_funnel_subject_id(self):
        """The deal knows the client."""
        if self.funnel_subject_id and not self.partner_id:
            self.partner_id = self.funnel_subject_id.partner_id

    @api.model_create_multi
    def create(self, vals_list):
        chosen = self._browse_subjects(vals.get("funnel_subject_id") for vals in vals_list)
        partners = {deal.id: deal.partner_id.id for deal in chosen}
        vals_list = [
            {**vals, "partner_id": partners[vals["funnel_subject_id"]]}
            if vals.get("funnel_subject_id") and not vals.get("partner_id")
            else vals
            for vals in vals_list
        ]
        leads = super().create(vals_list)
        leads.filtered("funnel_subject_id")._link_subjects()
        return leads

    def write(self, vals):
        if "funnel_subject_id" not in vals:
            return super().write(vals)
        self._browse_subjects([vals["funnel_subject_id"]])
        self._check_handed_over(vals["funnel_subject_id"])
        linked = self.filtered("funnel_subject_id")
        result = super().write(vals)
        (self if vals["funnel_subject_id"] else linked)._link_subjects()
        return result

    @api.model
    def _browse_subjects(self, ids):
        """Return the deals that were named.

        :raises AccessError: for deals that the user may not see: what they say would be told on the card
        """
        deals = self.browse({deal_id for deal_id in ids if deal_id})
        if deals:
            deals.check_access("read")
        return deals

    @api.constrains("funnel_subject_id", "partner_id")
    def _check_funnel_subject_id(self):
        for lead in self.filtered("funnel_subject_id"):
            problem = lead._describe_wrong_subject()
            if problem:
                raise ValidationError(
                    self.env._(
                        "“%(lead)s” cannot be about the deal “%(deal)s”: %(problem)s",
                        lead=lead.name,
                        deal=lead.funnel_subject_id.name,
                        problem=problem,
                    )
                )

    def _check_handed_over(self, deal_id):
        """Refuse to choose a deal for cards that come from one already, and circles.

        :raises ValidationError: naming the card
        """
        for lead in self.filtered(lambda lead: deal_id and lead.funnel_origin_id and not lead.funnel_subject_id):
            if lead.funnel_origin_id.id != deal_id:
                raise ValidationError(
                    self.env._("“%s” was handed over from another deal: it is about that one.", lead.name)
                )

    def _link_subjects(self):
        """Let the cards stand in the chains of the deals that they are about, all at once."""
        # whoever may see the chains
        leads = self.sudo()
        cards = (leads + leads.funnel_subject_id)._get_chain_cards()
        origins = {deal.id: deal.funnel_origin_id.id for deal in leads.funnel_subject_id}
        origins.update({card.id: card.funnel_origin_id.id for card in cards})
        origins.update({lead.id: lead.funnel_subject_id.id for lead in leads})
        for lead in leads.filtered("funnel_subject_id"):
            if chains.is_circle(origins, lead.id):
                raise ValidationError(self.env._("“%s” cannot be about a deal that comes from itself.", lead.name))
        self._link_chains(origins)

    def _describe_wrong_subject(self):
        """Return why this lead cannot be about the deal that was chosen, False if it can."""
        deal = self.funnel_subject_id
        if self.team_id.funnel_kind != "followup":
            return self.env._("only cards in a funnel of follow-ups are about deals.")
        if deal.won_status != "won" and self.funnel_origin_id != deal:
            return self.env._("it is not won.")
        if deal.partner_id.commercial_partner_id != self.partner_id.commercial_partner_id:
            return self.env._("it is a deal of another client.")
        return False
