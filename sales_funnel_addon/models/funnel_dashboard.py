from collections import Counter, defaultdict

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain

#: What a client may ask for by itself.
PARTS = ("lines", "funnels")
#: What has become of leads that came in, as the cohort report counts it, and how to find these leads.
COHORT = {
    "lead": [],
    "junk": [("won_status", "=", "lost"), ("lost_reason_id.category", "=", "junk")],
    "refusal": [("won_status", "=", "lost"), ("lost_reason_id.category", "!=", "junk")],
    "converted": [("type", "=", "opportunity"), ("first_funnel_id.funnel_kind", "=", "lead")],
    "won": [("won_status", "=", "won")],
}
#: What has become of the leads of a list, as the list report counts it.
LISTED = {
    "lead": [],
    "processed": [("outcome", "!=", False)],
    "junk": [("outcome", "=", "junk")],
    "refused": [("outcome", "=", "refused")],
    "converted": [("outcome", "=", "converted")],
}


class FunnelDashboard(models.AbstractModel):
    """The dashboard: what happened in a period and how the funnels stand, in a few grouped queries.

    Every figure comes with the model and the domain it was counted with, so that the list behind it always agrees. What
    is counted is what the user may read: a salesperson sees own figures, the head those of everybody.
    """

    _name = "funnel.dashboard"
    _inherit = ["funnel.dashboard.filter.mixin", "funnel.dashboard.people.mixin"]
    _description = "Dashboard of Funnels"

    @api.model
    @api.readonly
    def get_figures(self, filters=None, parts=PARTS):
        """Return what the dashboard shows: everything, or some parts of it, so that a client may ask for them at once.

        Texts come in the language of the user, days are those of their time zone, amounts are in the currencies of the
        companies as they stand. The number of queries does not depend on how much there is to count.

        :param dict filters: ``date_from`` and ``date_to`` (days such as "2026-03-01", both included, each may be
            missing), ``team_id``, ``user_id`` and ``source_id`` (ids; false for all)
        :param parts: which of :data:`PARTS`
        :returns: a dictionary with

            - ``filters``: the filters as they were understood
            - of the part ``lines``: ``summary``, figures by name; and ``reasons``, ``sources``, ``lists``, ``checks``,
              ``months``, ``people``, lines with a ``name`` and figures
            - of the part ``funnels``: ``funnels``, in their order ``id``, ``name`` and ``stages``; of each stage
              ``id``, ``name``, figures, and ``hours``, the average time in it in calendar hours or false

            where a figure is a dictionary with its ``value``, the ``model`` and the ``domain`` of what it counts
        :rtype: dict
        :raises AccessError: for users who may not read the log of moves
        :raises UserError: for a filter or a part that makes no sense
        """
        self.env["funnel.move"].check_access("read")
        # what is won or lost may be archived
        self = self.with_context(active_test=False)
        chosen = self._read_filters(filters or {})
        unknown = [part for part in (parts if isinstance(parts, (list, tuple)) else [parts]) if part not in PARTS]
        if unknown:
            raise UserError(self.env._("Dashboard: there is no part “%(name)s”.", name=unknown[0]))
        standing = self._count_standing(chosen)
        return {
            "filters": chosen.describe(),
            **(self._get_lines(chosen, standing) if "lines" in parts else {}),
            **({"funnels": self._get_funnels(chosen, standing)} if "funnels" in parts else {}),
        }

    def _get_lines(self, chosen, standing):
        """Return the figures of the cards, and the lines of charts and tables."""
        losses = self._get_losses(chosen)
        cohort = self._get_cohort(chosen)
        checks = self._get_checks(chosen)
        people = self._get_people(chosen)
        months = self._get_months(chosen)
        return {
            "summary": {
                **cohort["summary"],
                **losses["summary"],
                **self._get_won(chosen),
                **checks["summary"],
                **people["summary"],
                **months["summary"],
                **self._sum_standing(chosen, standing),
            },
            "reasons": losses["reasons"],
            "sources": cohort["sources"],
            "lists": self._get_lists(chosen),
            "checks": checks["checks"],
            "months": months["months"],
            "people": people["people"],
        }

    # ------------------------------------------------------------
    # FUNNELS AND STAGES
    # ------------------------------------------------------------

    def _get_funnels(self, chosen, standing):
        """Return the stages of the funnels: who came in and what became of them, and what stands there now."""
        entered = self._count_entries(chosen)
        rules = self.env["crm.team"]._get_funnel_rules()
        shown = {team_id for team_id, _stage_id in (*entered, *standing)} & rules.funnels.keys()
        teams = self.env["crm.team"].search([("id", "in", list(shown))])
        stage_ids = [stage_id for team in teams for stage_id in rules.funnels[team.id].stage_ids]
        names = {stage.id: stage.name for stage in self.env["crm.stage"].search([("id", "in", stage_ids)])}
        return [
            {
                "id": team.id,
                "name": team.name,
                "kind": team.funnel_kind,
                "stages": [
                    self._prepare_stage(chosen, team.id, stage_id, names[stage_id], entered, standing)
                    for stage_id in rules.funnels[team.id].stage_ids
                    if stage_id in names
                ],
            }
            for team in teams
            if rules.funnels[team.id].kind != "deferred"
        ]

    def _count_entries(self, chosen):
        """Return counts and hours by outcome, by funnel and stage."""
        entered = {}
        groups = self.env["funnel.stage.report"]._read_group(
            chosen.domain("funnel.stage.report"),
            ["team_id", "stage_id", "outcome"],
            ["__count", "hours_in_stage:sum", "left_date:count"],
        )
        for team, stage, outcome, *counts in groups:
            entered.setdefault((team.id, stage.id), {})[outcome] = counts
        return entered

    def _count_standing(self, chosen):
        """Return how many open leads stand in each stage, and with what revenue, by funnel and stage."""
        groups = self.env["crm.lead"]._read_group(
            self._get_standing_domain(chosen), ["team_id", "stage_id"], ["__count", "expected_revenue:sum"]
        )
        return {(team.id, stage.id): (count, revenue or 0) for team, stage, count, revenue in groups}

    def _get_standing_domain(self, chosen):
        return chosen.domain("crm.lead") & Domain("active", "=", True) & Domain("won_status", "=", "pending")

    def _prepare_stage(self, chosen, team_id, stage_id, name, entered, standing):
        outcomes = entered.get((team_id, stage_id), {})
        here = (
            chosen.domain("funnel.stage.report") & Domain("team_id", "=", team_id) & Domain("stage_id", "=", stage_id)
        )
        now = self._get_standing_domain(chosen) & Domain("team_id", "=", team_id) & Domain("stage_id", "=", stage_id)

        def count(*kinds):
            return sum(counts[0] for outcome, counts in outcomes.items() if not kinds or outcome in kinds)

        def figure(*kinds):
            domain = here & Domain("outcome", "in", list(kinds)) if kinds else here
            return chosen.figure(count(*kinds), "funnel.stage.report", domain)

        hours, ended = (sum(counts[place] or 0 for counts in outcomes.values()) for place in (1, 2))
        total, revenue = standing.get((team_id, stage_id), (0, 0))
        return {
            "id": stage_id,
            "name": name,
            "entered": figure(),
            "went_on": figure("forward", "won"),
            "back": figure("back"),
            "deferred": figure("deferred"),
            "lost": figure("lost"),
            "open": figure("here", "aside"),
            "hours": hours / ended if ended else False,
            "now": chosen.figure(total, "crm.lead", now),
            "revenue": chosen.figure(revenue, "crm.lead", now),
        }

    def _sum_standing(self, chosen, standing):
        domain = self._get_standing_domain(chosen) & Domain("team_id.funnel_kind", "!=", "deferred")
        rules = self.env["crm.team"]._get_funnel_rules()
        counted = [numbers for (team_id, _stage), numbers in standing.items() if not rules.is_deferred(team_id)]
        return {
            "standing": chosen.figure(sum(count for count, _revenue in counted), "crm.lead", domain),
            "standing_revenue": chosen.figure(sum(revenue for _count, revenue in counted), "crm.lead", domain),
        }

    # ------------------------------------------------------------
    # LOSSES, WINS, COHORTS
    # ------------------------------------------------------------

    def _get_losses(self, chosen):
        """Return the losses of the period by reason, refusals and junk apart."""
        domain = chosen.domain("funnel.loss.report")
        groups = self.env["funnel.loss.report"]._read_group(domain, ["lost_reason_id"], ["__count"])
        lines = [
            {
                **chosen.name(reason),
                "category": chosen.category(reason),
                "losses": chosen.figure(count, "funnel.loss.report", domain & Domain("lost_reason_id", "=", reason.id)),
            }
            for reason, count in groups
        ]
        totals = {
            name: chosen.figure(
                sum(line["losses"]["value"] for line in lines if line["category"] == category),
                "funnel.loss.report",
                domain & Domain("category", "=", category),
            )
            for name, category in (("refusals", "refusal"), ("junk_losses", "junk"))
        }
        return {"summary": totals, "reasons": chosen.sort(lines, "losses")}

    def _get_won(self, chosen):
        """Return the deals won in the period and what they bring."""
        domain = chosen.domain("crm.lead", date="date_closed") & Domain("won_status", "=", "won")
        [(count, revenue)] = self.env["crm.lead"]._read_group(domain, [], ["__count", "expected_revenue:sum"])
        return {
            "won": chosen.figure(count, "crm.lead", domain),
            "won_revenue": chosen.figure(revenue or 0, "crm.lead", domain),
        }

    def _get_cohort(self, chosen):
        """Return what has become of the leads that came in, in all and by source."""
        leads = chosen.domain("crm.lead", date="create_date", team="first_funnel_id")
        groups = self.env["crm.lead"]._read_group(
            leads, ["source_id", "first_funnel_id", "type", "won_status", "lost_reason_id"], ["__count"]
        )
        totals, sources = Counter(), defaultdict(Counter)
        for source, *facts, count in groups:
            for name in self._get_cohort_names(chosen, *facts):
                totals[name] += count
                sources[source][name] += count

        def figures(counts, own):
            return {
                name: chosen.figure(counts[name], "crm.lead", leads & own & Domain(condition))
                for name, condition in COHORT.items()
            }

        lines = [
            {**chosen.name(source), **figures(counts, Domain("source_id", "=", source.id))}
            for source, counts in sources.items()
        ]
        summary = figures(totals, Domain.TRUE)
        return {
            "summary": {f"cohort_{name}": figure for name, figure in summary.items()},
            "sources": chosen.sort(lines, "lead"),
        }

    def _get_cohort_names(self, chosen, first_funnel, lead_type, won_status, reason):
        """Return the names of the figures of the cohort among which leads count of which this is known."""
        funnel = chosen.funnels.get(first_funnel.id)
        yield "lead"
        if lead_type == "opportunity" and funnel and funnel.kind == "lead":
            yield "converted"
        if won_status == "won":
            yield "won"
        elif won_status == "lost":
            yield chosen.category(reason)

    def _get_lists(self, chosen):
        """Return what has become of the leads of cold lists and campaigns that came in, as the lists count it."""
        model = "funnel.list.report"
        domain = chosen.domain(model)
        groups = self.env[model]._read_group(domain, ["funnel_list_id"], [f"{name}_count:sum" for name in LISTED])
        lines = [
            {
                **chosen.name(cold_list),
                **{
                    name: chosen.figure(count, model, own & Domain(condition))
                    for (name, condition), count in zip(LISTED.items(), counts, strict=True)
                },
            }
            for cold_list, *counts in groups
            for own in [domain & Domain("funnel_list_id", "=", cold_list.id)]
        ]
        return chosen.sort(lines, "lead")
