from dateutil.relativedelta import relativedelta
from odoo import models
from odoo.fields import Domain


class FunnelDashboardPeopleMixin(models.AbstractModel):
    """What the dashboard says about people: reminders, what is overdue, refusals; and what is blocked or waits."""

    _name = "funnel.dashboard.people.mixin"
    _description = "People on the Dashboard"

    def _get_people(self, chosen):
        """Return what each person was reminded of, has overdue now, and has lost and got back."""
        lines = {}
        domains = {}
        for model, measures, names in (
            ("funnel.reminder.report", ("told_count", "open_count"), ("told", "ignored")),
            ("funnel.refusal.report", ("refusal_count", "checked_count", "returned_count"), None),
        ):
            names = names or [name.removesuffix("_count") for name in measures]
            domain = chosen.domain(model)
            domains |= {
                name: (model, domain & Domain(field, "=", 1)) for name, field in zip(names, measures, strict=True)
            }
            groups = self.env[model]._read_group(domain, ["user_id"], [f"{name}:sum" for name in measures])
            for user, *counts in groups:
                lines.setdefault(user, {}).update(zip(names, counts, strict=True))
        overdue = chosen.domain("crm.lead") & Domain("active", "=", True) & Domain("funnel_is_overdue", "=", True)
        domains["overdue"] = ("crm.lead", overdue)
        for user, count in self.env["crm.lead"]._read_group(overdue, ["user_id"], ["__count"]):
            lines.setdefault(user, {})["overdue"] = count
        people = [
            {
                **chosen.name(user),
                **{
                    name: chosen.figure(counts.get(name) or 0, model, domain & Domain("user_id", "=", user.id))
                    for name, (model, domain) in domains.items()
                },
            }
            for user, counts in lines.items()
        ]
        totals = {
            name: chosen.figure(sum(line[name]["value"] for line in people), model, domain)
            for name, (model, domain) in domains.items()
        }
        return {
            "people": sorted(
                people, key=lambda line: (-line["overdue"]["value"], -line["told"]["value"], line["name"])
            ),
            "summary": {name: totals[name] for name in ("overdue", "told", "checked", "returned")},
        }

    def _get_checks(self, chosen):
        """Return how many deals, and what amounts, came into stages with checks and were blocked there."""
        model = "funnel.check.report"
        domain = chosen.domain(model)
        measures = ("entered_count", "blocked_count", "blocked_amount")
        groups = self.env[model]._read_group(domain, ["stage_id"], [f"{name}:sum" for name in measures])
        blocked = domain & Domain("blocked_count", "=", 1)
        lines = [
            {
                **chosen.name(stage),
                "entered": chosen.figure(entered, model, domain & Domain("stage_id", "=", stage.id)),
                "blocked": chosen.figure(count, model, blocked & Domain("stage_id", "=", stage.id)),
                "amount": chosen.figure(amount or 0, model, blocked & Domain("stage_id", "=", stage.id)),
            }
            for stage, entered, count, amount in groups
        ]
        summary = {name: sum(line[name]["value"] for line in lines) for name in ("blocked", "amount")}
        return {
            "checks": chosen.sort(lines, "blocked"),
            "summary": {
                "blocked": chosen.figure(summary["blocked"], model, blocked),
                "blocked_amount": chosen.figure(summary["amount"], model, blocked),
            },
        }

    def _get_months(self, chosen):
        """Return the deals that are deferred now, by the month of their next contact.

        Who has chosen a funnel sees what waits in the funnel into which it defers.
        """
        waiting = chosen.domain("crm.lead", teams=self._get_deferred_ids(chosen)) & Domain("active", "=", True)
        waiting &= Domain("won_status", "=", "pending") & Domain("deferral_date", "!=", False)
        groups = self.env["crm.lead"]._read_group(
            waiting, ["deferral_date:month"], ["__count", "expected_revenue:sum"], order="deferral_date:month"
        )
        lines = []
        for month, count, revenue in groups:
            following = month + relativedelta(months=1)
            domain = waiting & Domain("deferral_date", ">=", str(month)) & Domain("deferral_date", "<", str(following))
            lines.append(
                {
                    "id": str(month),
                    "name": str(month),
                    "waiting": chosen.figure(count, "crm.lead", domain),
                    "revenue": chosen.figure(revenue or 0, "crm.lead", domain),
                }
            )
        total = sum(line["waiting"]["value"] for line in lines)
        return {"months": lines, "summary": {"waiting": chosen.figure(total, "crm.lead", waiting)}}

    def _get_deferred_ids(self, chosen):
        """Return the ids of the funnels of deferred demand that belong to what is chosen."""
        funnels = chosen.funnels
        team_id = chosen.chosen["team_id"]
        funnel = funnels.get(team_id)
        if not team_id:
            return sorted(funnel.id for funnel in funnels.values() if funnel.kind == "deferred")
        return [funnel.deferred_funnel_id or team_id] if funnel else []
