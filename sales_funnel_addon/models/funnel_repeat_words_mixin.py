from itertools import compress

from markupsafe import Markup
from odoo import api, fields, models
from odoo.tools.misc import format_date

from ..tools.repeat_clients import History

#: How many earlier requests the form lists; the rest is counted.
LONGEST_HISTORY = 20


class FunnelRepeatWordsMixin(models.AbstractModel):
    """What a reader is told about a repeat client: who worked with them, when, where, and how it ended.

    Leads that the reader may not open are told of by these facts and by nothing else, not even by their title.
    """

    _name = "funnel.repeat.words.mixin"
    _description = "Repeat Clients in Words"

    repeat_summary = fields.Char("Earlier Requests", compute="_compute_repeat_summary")
    repeat_is_foreign = fields.Boolean(
        "Client of a Colleague",
        compute="_compute_repeat_summary",
        help="A colleague has worked with this client before.",
    )
    repeat_colleagues = fields.Char(
        "Colleagues of This Client",
        compute="_compute_repeat_summary",
        help="Which colleagues have worked with this client before.",
    )
    repeat_history = fields.Html("Client History", compute="_compute_repeat_history", sanitize=False)

    # ------------------------------------------------------------
    # COMPUTE
    # ------------------------------------------------------------

    @api.depends("is_repeat_client", "client_keys", "client_date", "partner_id", "user_id", "team_id")
    @api.depends_context("uid", "lang")
    def _compute_repeat_summary(self):
        told = self._tell_of_clients()
        for lead in self:
            lead.repeat_summary, lead.repeat_colleagues = told.get(lead.id, (False, ""))
            lead.repeat_is_foreign = bool(lead.repeat_colleagues)

    def _tell_of_clients(self):
        """Return what is told of the repeat clients among the clients of these leads, by the id of the lead.

        :returns: pairs of a summary and the names of the colleagues who have worked with the client
        """
        histories = self._get_told_histories()
        if not any(histories.values()):
            return {}
        names = self._get_history_names(histories)
        people = names["res.users"]
        told = self.filtered(lambda lead: histories.get(lead.id))
        colleagues = told._get_colleague_ids(histories)
        return {
            lead.id: (
                lead._summarize(histories[lead.id], names),
                ", ".join(people[user_id] for user_id in colleagues.get(lead.id, ())),
            )
            for lead in told
        }

    def _add_board_facts(self, found, told):
        told = super()._add_board_facts(found, told)
        repeats = self._browse_found(compress(self._ids, self._get_stored("is_repeat_client")))
        of_clients = repeats._tell_of_clients() if repeats else {}
        for lead in repeats:
            # what other companies know of a client is not told
            summary, colleagues = of_clients.get(lead.id, ("", ""))
            told[lead.id].update(repeat=summary, colleagues=colleagues)
        return told

    @api.depends("is_repeat_client", "client_keys", "client_date", "partner_id", "user_id", "team_id")
    @api.depends_context("uid", "lang")
    def _compute_repeat_history(self):
        histories = self._get_told_histories()
        names = self._get_history_names(histories)
        asked = {item.id for history in histories.values() for item in history.requests}
        readable = set(self.with_context(active_test=False).search([("id", "in", list(asked))])._ids if asked else ())
        for lead in self:
            history = histories.get(lead.id)
            lead.repeat_history = bool(history) and lead._render_history(history, names, readable)

    def _get_told_histories(self):
        """Return what this reader is told of the clients of those of the leads where there is something to tell."""
        funnels = self.env["crm.team"]._get_funnel_rules().funnels
        leads = self.filtered(
            lambda lead: (lead.is_repeat_client or not lead._origin.id) and lead.team_id.id in funnels
        )
        return leads._tell_histories() if leads else {}

    def _tell_histories(self):
        """Return what was known about the clients of these leads, without what other companies know of them."""
        own = {False, None, *self.env.user._get_company_ids()}
        is_system = self.env.is_superuser() and self.env.user._is_superuser()
        return {
            lead_id: history
            if is_system
            else History(
                tuple(item for item in history.requests if item.company_id in own),
                tuple(item for item in history.contacts if item.company_id in own),
            )
            for lead_id, history in self._get_client_histories().items()
        }

    @api.model
    def _get_colleague_ids(self, histories):
        """Return which colleagues, still there, have worked with the clients of leads before, by lead id."""
        user_ids = set().union(*(history.user_ids() for history in histories.values()))
        if not user_ids:
            return {}
        present = set(self.env["res.users"].sudo().browse(user_ids).filtered("active")._ids)
        own = {lead.id: lead.user_id.id for lead in self}
        return {
            lead_id: sorted((history.user_ids() & present) - {own.get(lead_id), self.env.uid})
            for lead_id, history in histories.items()
        }

    # ------------------------------------------------------------
    # WORDS
    # ------------------------------------------------------------

    @api.model
    def _get_history_names(self, histories):
        """Return what the people, funnels, stages and reasons in histories are called, by model and id."""
        found = list(histories.values())
        ids = {
            "res.users": set().union(*(history.user_ids() for history in found)),
            **{
                model: {item.facts[name] for history in found for item in history.requests} - {None}
                for model, name in (
                    ("crm.team", "team_id"),
                    ("crm.stage", "stage_id"),
                    ("crm.lost.reason", "lost_reason_id"),
                )
            },
        }
        # names that say where a lead stands; whoever reads them need not be in that funnel
        return {
            model: {record.id: record.name for record in self.env[model].sudo().browse(record_ids)}
            for model, record_ids in ids.items()
        }

    def _summarize(self, history, names):
        """Return a history in one line."""
        if not history.requests:
            contact = history.contacts[-1]
            who = names["res.users"].get(contact.user_id)
            since = self._format_month(contact.since)
            if who:
                return self.env._("Repeat client: a contact of %(who)s since %(month)s", who=who, month=since)
            return self.env._("Repeat client: among the contacts since %(month)s", month=since)
        last = history.requests[-1]
        values = {
            "count": len(history.requests),
            "who": names["res.users"].get(last.user_id) or self.env._("nobody"),
            "month": self._format_month(last.facts["first"]),
            "outcome": self._describe_outcome(last, names),
        }
        if values["count"] == 1:
            return self.env._("Repeat client: 1 earlier request, with %(who)s, %(month)s, %(outcome)s", **values)
        return self.env._(
            "Repeat client: %(count)s earlier requests, the last with %(who)s, %(month)s, %(outcome)s", **values
        )

    def _format_month(self, moment):
        return format_date(self.env, fields.Datetime.context_timestamp(self, moment), date_format="LLLL y")

    def _describe_outcome(self, request, names):
        """Return how a request has ended, or how far it is."""
        facts = request.facts
        reason, stage = names["crm.lost.reason"].get(facts["lost_reason_id"]), names["crm.stage"].get(facts["stage_id"])
        if facts["won_status"] == "won":
            return self.env._("won")
        if facts["won_status"] == "lost":
            return self.env._("lost: %s", reason) if reason else self.env._("lost")
        if not facts["active"]:
            return self.env._("archived")
        return self.env._("open: %s", stage) if stage else self.env._("open")

    def _render_history(self, history, names, readable):
        """Return a history as a table, the latest first, with links to what the reader may open."""
        requests = [
            {
                "url": f"/odoo/crm.lead/{item.id}" if item.id in readable else False,
                "who": names["res.users"].get(item.user_id),
                "first": self._format_day(item.facts["first"]),
                "last": self._format_day(item.facts["last"]),
                "funnel": names["crm.team"].get(item.facts["team_id"]),
                "stage": names["crm.stage"].get(item.facts["stage_id"]),
                "outcome": self._describe_outcome(item, names),
                "status": item.facts["won_status"],
            }
            for item in history.requests[: -LONGEST_HISTORY - 1 : -1]
        ]
        contacts = [
            {"who": names["res.users"].get(item.user_id), "first": self._format_day(item.since)}
            for item in history.contacts[:LONGEST_HISTORY]
        ]
        values = {
            "requests": requests,
            "contacts": contacts,
            "more": max(len(history.requests) - LONGEST_HISTORY, 0),
        }
        return Markup(self.env["ir.qweb"]._render("sales_funnel_addon.repeat_history", values, lang=self.env.lang))

    def _format_day(self, moment):
        return format_date(self.env, fields.Datetime.context_timestamp(self, moment))
