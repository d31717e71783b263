from odoo import api, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL

from .funnel_address_mixin import ADDRESS_FIELDS

#: What a card knows of its client from the deal.
CLIENT_FIELDS = (
    *("partner_id", "contact_name", "partner_name", "function", "email_from", "phone", "website", "lang_id"),
    *("street", "street2", "zip", "city", "state_id", "country_id", *ADDRESS_FIELDS, "installation_address"),
    *("preferred_channel", "customer_kind_id", "supply_preference_id", "contract_client_name", "need_description"),
)
#: Where the client came from; a deal that follows a deal keeps it, what follows after the sale has brought no client.
#: Not the list, which counts a client once, by the first deal.
MARKETING_FIELDS = ("source_id", "medium_id", "campaign_id", "referred")


class FunnelHandoverCardMixin(models.AbstractModel):
    """The cards that won deals make in other funnels, for all of them at once."""

    _name = "funnel.handover.card.mixin"
    _description = "Cards Made by Hand-over"

    def _hand_over(self, funnel_ids):
        """Make the cards that are not there yet, all at once; return them.

        :param dict funnel_ids: the id of the funnel in which a card is made, by lead id
        :raises ValidationError: when a funnel asks for something that its card does not have
        """
        Lead = self._get_handover_env()["crm.lead"]
        if not funnel_ids:
            return Lead
        Lead.browse(funnel_ids)._begin_chains()
        known = Lead.browse(funnel_ids)._get_handed_over()
        missing = Lead.browse(lead_id for lead_id, team_id in funnel_ids.items() if (lead_id, team_id) not in known)
        try:
            cards = Lead.create([lead._prepare_handover(funnel_ids[lead.id]) for lead in missing])
        except ValidationError as error:
            teams = self.env["crm.team"].sudo().browse({funnel_ids[lead.id] for lead in missing})
            raise ValidationError(
                self.env._(
                    "It cannot be handed over to “%(funnels)s”:\n%(problem)s",
                    funnels=", ".join(teams.mapped("name")),
                    problem=error.args[0],
                )
            ) from error
        repeated = cards.filtered("funnel_origin_id.is_repeat_client")
        if repeated:
            repeated._write_beside_gate({"is_repeat_client": True})
        self.invalidate_model(["funnel_card_ids"], flush=False)
        missing._message_log_batch(
            bodies={card.funnel_origin_id.id: self.env._("Handed over to “%s”.", card.team_id.name) for card in cards}
        )
        return cards.with_env(self.env(su=True))

    @api.model
    def _get_handover_env(self):
        """Return an environment for making cards that the user may not see, free of what a client sends."""
        kept = ("lang", "tz", "allowed_company_ids", "tracking_disable")
        context = {name: self.env.context[name] for name in kept if name in self.env.context}
        return self.env(su=True, context={**context, "active_test": False})

    def _begin_chains(self):
        """Note that these leads stand in a chain.

        The statement also writes the rows of leads that do already: of two transactions that hand over the same deal,
        the second has to look again.
        """
        self.flush_recordset()
        self.env.cr.execute(
            SQL(
                """UPDATE crm_lead SET funnel_chain_id = COALESCE(funnel_chain_id, id),
                          funnel_chain_position = GREATEST(funnel_chain_position, 1)
                    WHERE id IN %s""",
                self._ids,
            )
        )
        self.invalidate_recordset(["funnel_chain_id", "funnel_chain_position", "funnel_chain"], flush=False)

    def _prepare_handover(self, team_id):
        """Return the values of the card that this deal makes in a funnel."""
        funnel = self.env["crm.team"]._get_funnel_rules().funnels[team_id]
        names = [name for name in self._get_handover_fields(funnel) if name in self._fields]
        values = {name: self._fields[name].convert_to_write(self[name], self) for name in names}
        marketing = {} if funnel.kind == "deal" else dict.fromkeys(("source_id", "medium_id", "campaign_id"), False)
        return {
            **marketing,
            **values,
            "name": self.name,
            "type": funnel.lead_type,
            "team_id": funnel.id,
            "company_id": funnel.company_id or self.company_id.id,
            "user_id": self._get_handover_user_id(funnel),
            "expected_revenue": 0,  # the revenue is that of the won deal: nothing counts twice
            "funnel_origin_id": self.id,
            "funnel_chain_id": self.funnel_chain_id.id,
            "funnel_chain_position": self.funnel_chain_position + 1,
        }

    @api.model
    def _get_handover_fields(self, funnel):
        """Return the names of the fields that a card in a funnel takes over from its deal."""
        return (*CLIENT_FIELDS, *MARKETING_FIELDS) if funnel.kind == "deal" else CLIENT_FIELDS

    def _get_handover_user_id(self, funnel):
        """Return who is responsible for the card of this deal in a funnel, False for nobody."""
        if funnel.handoff_salesperson == "same":
            user = self.user_id
            return user.active and not user.share and user.id
        if funnel.handoff_salesperson == "head":
            rules = self.env["crm.team"]._get_funnel_rules()
            company_id = funnel.company_id or self.company_id.id
            return funnel.head_id in rules.active_user_ids(company_id) and funnel.head_id
        return False

    def _match_clients(self):
        """A card that was handed over is no request of a client: nobody comes back by it."""
        own = self.filtered(lambda lead: not lead.sudo().funnel_origin_id)
        return super(FunnelHandoverCardMixin, own)._match_clients()

    def _mark_repeat_clients(self):
        own = self.filtered(lambda lead: not lead.sudo().funnel_origin_id)
        return super(FunnelHandoverCardMixin, own)._mark_repeat_clients()
