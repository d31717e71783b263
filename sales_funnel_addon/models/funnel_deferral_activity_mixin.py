from collections import defaultdict

from odoo import api, models
from odoo.tools import html2plaintext, plaintext2html


class FunnelDeferralActivityMixin(models.AbstractModel):
    """The activity on the date of a deferred deal: one for each that waits, and none for the others."""

    _name = "funnel.deferral.activity.mixin"
    _description = "Activities of Deferrals"

    def _follow_with_deferral_activities(self, renewed):
        """Plan the activity of each deal that waits, put it off or hand it over, and forget those of all others.

        :param renewed: the ids of the deals that get one if they have none; what somebody has done or deleted does not
            come again just because the deal changes hands
        """
        if not self:
            return
        rules = self.env["crm.team"]._get_funnel_rules()
        # the engine's own, whoever may see or edit them
        Activity = self.env["mail.activity"].sudo()
        domain = [("funnel_is_deferral", "=", True), ("res_model", "=", "crm.lead"), ("res_id", "in", self.ids)]
        present = Activity.search(domain, order="id").grouped("res_id")
        waiting = self.filtered(
            lambda lead: rules.is_deferred(lead.team_id.id) and lead.deferral_date and lead._is_under_way()
        )
        kept = {lead.id: present[lead.id][:1] for lead in waiting if lead.id in present}
        (Activity.union(*present.values()) - Activity.union(*kept.values())).unlink()
        wanted = {lead.id: lead._prepare_deferral_activity() for lead in waiting}
        changes = defaultdict(Activity.browse)
        for lead_id, activity in kept.items():
            changes[self._get_activity_changes(activity, wanted[lead_id])] += activity
        for items, activities in changes.items():
            if items:
                activities.write(dict(items))
        self._create_activities(
            [
                {**values, "res_id": lead_id, "funnel_is_deferral": True}
                for lead_id, values in wanted.items()
                if lead_id not in kept and lead_id in renewed
            ],
            self._get_deferral_activity_type(),
        )

    @api.model
    def _follow_deferral_activities(self, days):
        """Let deals wait until the days to which their activities were moved.

        :param dict days: the days, by lead id
        """
        # compared whoever may read the deals, written by those who may write them
        late = self.sudo().browse(days).filtered(lambda lead: lead.deferral_date not in (False, days[lead.id]))
        if late:
            with self.browse(late.ids)._gate_batch() as leads:
                for day, group in leads.grouped(lambda lead: days[lead.id]).items():
                    group.write({"deferral_date": day})

    def _prepare_deferral_activity(self):
        """Return what the activity of this deal says to its salesperson."""
        user = self._get_caller()
        return {
            "user_id": user.id,
            "date_deadline": self.deferral_date,
            "summary": self.with_context(lang=user.sudo().lang).env._("The deal was deferred until today"),
            "note": plaintext2html(self.deferral_reason or ""),
        }

    @api.model
    def _get_activity_changes(self, activity, values):
        """Return what has to be written to an activity, as a tuple of pairs: mostly the same for many of them."""
        present = {"user_id": activity.user_id.id, "date_deadline": activity.date_deadline, "summary": activity.summary}
        changes = [(name, value) for name, value in values.items() if name in present and present[name] != value]
        if html2plaintext(activity.note or "").strip() != html2plaintext(values["note"]).strip():
            changes.append(("note", values["note"]))
        return tuple(changes)

    @api.model
    def _get_deferral_activity_type(self):
        own = self.env.ref("sales_funnel_addon.activity_type_deferral", raise_if_not_found=False)
        return own or self.env.ref("mail.mail_activity_data_todo")

    def _merge_dependences(self, opportunities):
        # the merged deal waits for one date, or for none
        domain = [
            ("funnel_is_deferral", "=", True),
            ("res_model", "=", "crm.lead"),
            ("res_id", "in", opportunities.ids),
        ]
        self.env["mail.activity"].sudo().search(domain).unlink()  # the engine's own
        return super()._merge_dependences(opportunities)
