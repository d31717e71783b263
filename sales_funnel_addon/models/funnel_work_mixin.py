from odoo import api, fields, models

from ..tools.funnel_rules import domain_fields

#: Under which name a transaction remembers whose work it has changed.
NOTED = "funnel_work"


class FunnelWorkMixin(models.AbstractModel):
    """A document that does the work for a lead; stages of its funnel can follow the states of the document.

    What happens to the document comes first: the lead follows at the end of the transaction, in it, and whatever keeps
    the lead from moving is told on the lead and never to whoever works on the document.
    """

    _name = "funnel.work.mixin"
    _description = "Document of a Lead"

    funnel_lead_id = fields.Many2one(
        "crm.lead",
        "Funnel Card",
        index="btree_not_null",
        ondelete="set null",
        copy=False,
        domain="[('funnel_kind', '!=', False), ('type', '=', 'opportunity')]",
        help="The deal or the follow-up for which this is done; its stage can follow.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        # also what comes as a default, from the context or from the user's own ones
        default = self.default_get(["funnel_lead_id"]).get("funnel_lead_id")
        self._check_cards({vals.get("funnel_lead_id", default) for vals in vals_list})
        documents = super().create(vals_list)
        documents.filtered("funnel_lead_id")._note_work()
        return documents

    def write(self, vals):
        if "funnel_lead_id" in vals:
            self._check_cards({vals["funnel_lead_id"]})
            self._note_work()  # the card that loses a document may follow the others
        result = super().write(vals)
        if not vals.keys().isdisjoint(self._get_followed_fields()):
            self._note_work()
        return result

    def unlink(self):
        self._note_work()
        return super().unlink()

    def _compute_field_value(self, field):
        result = super()._compute_field_value(field)
        if field.store and not self._get_followed_fields().isdisjoint(f.name for f in self.pool.field_computed[field]):
            self._note_work()
        return result

    @api.model
    def _check_cards(self, lead_ids):
        """Refuse to tie documents to cards that the user does not see: a card follows its documents.

        Whoever works on a document of the card makes others for it, such as the rest of an order.

        :raises AccessError: naming the card
        """
        cards = self.env["crm.lead"].browse(filter(None, lead_ids))
        unseen = cards.browse() if self.env.su else cards - cards._filtered_access("read")
        if unseen:
            unseen -= self.search([("funnel_lead_id", "in", unseen.ids)]).funnel_lead_id
        if unseen:
            unseen.check_access("read")

    def _filter_funnel_work(self):
        """Return those of the documents that count; what was cancelled does not hold up the rest."""
        return self.filtered(lambda document: document.state != "cancel")

    @api.model
    def _get_followed_fields(self):
        """Return the names of the fields on which it depends how far a document is."""
        states = self.env["crm.team"]._get_funnel_rules().work_states_of(self._name)
        if not states:
            return frozenset()
        return frozenset({"funnel_lead_id", "state"}.union(*(domain_fields(state.condition) for state in states)))

    def _note_work(self):
        """Remember to let the cards of these documents follow before the transaction ends."""
        if not (self._get_followed_fields() and any(self._ids)):
            return
        leads = self.sudo().filtered("id").funnel_lead_id  # a card follows whoever works on its documents
        if not leads:
            return
        precommit = self.env.cr.precommit
        if NOTED not in precommit.data:
            precommit.data[NOTED] = set()
            precommit.add(self.env["crm.lead"]._follow_noted_work)
        precommit.data[NOTED].update(leads.ids)
