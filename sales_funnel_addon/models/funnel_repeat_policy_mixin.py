from odoo import api, fields, models
from odoo.exceptions import AccessError

from ..tools.lead_moves import GateBatch, LeadState, RepeatPass


def _closeness(contact, keys):
    """Return by what contacts are sorted, the one that is most likely the client with these keys first.

    A mailbox is more of a person's own than a telephone, and a person is meant rather than their company.
    """
    shared = contact.keys & keys
    return -len(shared), not any("@" in key for key in shared), contact.id == contact.family_id, contact.id


class FunnelRepeatPolicyMixin(models.AbstractModel):
    """What a funnel asks of those who convert a colleague's client, and which contact a repeat client has already."""

    _name = "funnel.repeat.policy.mixin"
    _description = "Conversion of Repeat Clients"

    repeat_needs_approval = fields.Boolean(
        "Conversion Has To Be Allowed",
        compute="_compute_repeat_needs_approval",
        help="The client is a colleague's, and the funnel wants its head to decide about the conversion.",
    )

    @api.depends("repeat_is_foreign", "repeat_approved_by_id", "team_id")
    @api.depends_context("uid")
    def _compute_repeat_needs_approval(self):
        funnels = self.env["crm.team"]._get_funnel_rules().funnels
        for lead in self:
            funnel = funnels.get(lead.team_id.id)
            lead.repeat_needs_approval = (
                bool(funnel and funnel.kind == "lead" and funnel.repeat_policy == "ask")
                and lead.repeat_is_foreign
                and not lead.repeat_approved_by_id
            )

    def action_approve_repeat_client(self):
        """Allow to convert these leads although their clients are a colleague's.

        :raises AccessError: when the user is neither the head of their funnel nor a funnel manager
        """
        self.check_access("write")
        refused = self.filtered(lambda lead: not lead.funnel_can_override)
        if refused:
            raise AccessError(
                self.env._(
                    "Only the head of the funnel or a funnel manager can allow this: %s.",
                    ", ".join(refused.mapped("display_name")),
                )
            )
        self._write_beside_gate({"repeat_approved_by_id": self.env.uid})
        note = self.env._("The conversion of a colleague's client was allowed.")
        self._message_log_batch(bodies=dict.fromkeys(self.ids, note))
        return True

    # ------------------------------------------------------------
    # GATE
    # ------------------------------------------------------------

    def _check_repeat_clients(self, before, after, refusals):
        """Refuse to convert a colleague's client without what the funnel of the lead asks for.

        :param dict before: the states before the write, by lead id
        :param dict after: the states after it
        :param dict refusals: lines of text by lead id, extended here
        """
        funnels = self.env["crm.team"]._get_funnel_rules().funnels
        origins = {
            lead.id: funnel
            for lead in self
            if (origin := before.get(lead.id, LeadState())).lead_type == "lead"
            and (funnel := funnels.get(origin.funnel_id))
            and funnel.repeat_policy
            and after[lead.id].lead_type == "opportunity"
        }
        leads = self.browse(origins).filtered("is_repeat_client")
        # also those that leave the funnels with their conversion
        colleagues = leads._get_colleague_ids(leads._tell_histories() if leads else {})
        for lead in leads:
            user_ids = colleagues.get(lead.id)
            if user_ids and not lead._may_convert_repeat_client(origins[lead.id]):
                refusals.setdefault(lead.id, []).append(lead._describe_colleagues(origins[lead.id], user_ids))

    def _may_convert_repeat_client(self, funnel):
        """Tell whether this user may convert the lead, out of a funnel, although the client is a colleague's."""
        is_manager = self.env.user.has_group("sales_funnel_addon.group_funnel_manager")
        if is_manager or funnel.head_id == self.env.uid or self.repeat_approved_by_id:
            return True
        known = self.env.context.get("funnel_repeat_pass")
        return funnel.repeat_policy == "warn" and isinstance(known, RepeatPass) and self.id in known.lead_ids

    def _describe_colleagues(self, funnel, user_ids):
        """Return whose client it is, and what is needed to convert it, as a line of text."""
        users = self.env["res.users"].sudo()  # the name of a colleague, who may belong to another team
        names = ", ".join(users.browse(user_ids).mapped("name"))
        if funnel.repeat_policy == "warn":
            return self.env._(
                "%s has worked with this client before. Convert it with the dialog “Convert”, and confirm there that "
                "you know about it.",
                names,
            )
        return self.env._(
            "%(colleagues)s has worked with this client before: %(head)s has to allow the conversion.",
            colleagues=names,
            head=users.browse(funnel.head_id).name or self.env._("a funnel manager"),
        )

    # ------------------------------------------------------------
    # CONTACTS
    # ------------------------------------------------------------

    def _find_matching_partner(self):
        """Find the contact of a known client also by phone number, whichever way it is spelled."""
        if self.partner_id or not self.team_id.funnel_kind:
            return super()._find_matching_partner()
        batch = self.env.context.get("funnel_gate_batch")
        if isinstance(batch, GateBatch) and self.id in batch.partners:
            return batch.partners[self.id].with_env(self.env)
        return self._find_known_partners().get(self.id) or self.env["res.partner"]

    def _find_partners_of_funnels(self):
        """Look the contacts of all leads of funnels up at once, for stock code that asks lead by lead."""
        leads = self.filtered(lambda lead: lead.team_id.funnel_kind and not lead.partner_id)
        found = leads._find_known_partners()
        return {lead.id: found.get(lead.id, self.env["res.partner"]) for lead in leads}

    def _find_known_partners(self):
        """Return the contacts that the clients of these leads have already, by lead id.

        Of several contacts it is the one that shares most with the request.
        """
        leads = self.filtered(lambda lead: not lead.partner_id and lead.client_keys)
        if not leads:
            return {}
        self._flush_clients()
        own = {lead.id: set(lead.client_keys.split()) for lead in leads}
        contacts = self._find_known_contacts(set().union(*own.values()))
        partners = self.env["res.partner"].browse(contact.id for contact in contacts)
        # only those that this user may choose by hand as well
        usable = partners._filtered_access("read").filtered("active")
        by_key = {}
        for contact in contacts:
            if contact.id in usable._ids:
                for key in contact.keys:
                    by_key.setdefault(key, []).append(contact)
        found = {}
        for lead in leads:
            candidates = {item for key in own[lead.id] for item in by_key.get(key, ())}
            fitting = [
                item
                for item in candidates
                if not (item.company_id and lead.company_id) or item.company_id == lead.company_id.id
            ]
            if fitting:
                best = min(fitting, key=lambda item: _closeness(item, own[lead.id]))
                found[lead.id] = partners.browse(best.id)
        return found
