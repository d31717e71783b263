from odoo.fields import Command


def uninstall_hook(env):
    """Hand everything back to stock Odoo before the presets go.

    Teams that an admin made or turned into funnels stay, as ordinary teams with their stages. The funnels of the
    presets are deleted; their leads stay with all they have and move to the stages that all teams share: won deals to
    a won stage, the others to the first. Lost reasons and sources in use stay, for they say something about a client.
    """
    env = env(context=dict(env.context, active_test=False))
    teams, stages = _of_presets(env, "crm.team"), _of_presets(env, "crm.stage")
    env["crm.team"].search([("funnel_menu_id", "!=", False)]).funnel_menu_id.unlink()
    _forget_lists(env)
    _release_leads(env, teams)
    stages.write({"team_ids": [Command.unlink(team.id) for team in teams]})
    stages.filtered(lambda stage: not stage.team_ids).unlink()
    _forget(env, stages.exists())
    teams.unlink()
    for model, field in (
        ("crm.lost.reason", "lost_reason_id"),
        ("utm.source", "source_id"),
        ("utm.medium", "medium_id"),
    ):
        _forget(env, _used(env, _of_presets(env, model), field))


def _of_presets(env, model):
    """Return the records of a model that the addon has brought along."""
    rows = env["ir.model.data"].search([("module", "=", "sales_funnel_addon"), ("model", "=", model)])
    return env[model].browse(rows.mapped("res_id")).exists()


def _forget_lists(env):
    """The lists go with the addon; until they do they would hold on to their funnels."""
    env.flush_all()
    env.cr.execute("UPDATE crm_lead SET funnel_list_id = NULL WHERE funnel_list_id IS NOT NULL")
    env.invalidate_all()
    env["funnel.list"].search([]).unlink()


def _release_leads(env, teams):
    leads = env["crm.lead"].search([("team_id", "in", teams.ids)])
    shared = env["crm.stage"].search([("team_ids", "=", False)])
    if leads and not shared:
        shared = env["crm.stage"].create({"name": env._("New")})
    won = leads.filtered(lambda lead: lead.won_status == "won")
    env.flush_all()
    for subset, stage in ((won, shared.filtered("is_won")[:1] or shared[:1]), (leads - won, shared[:1])):
        # straight to the table: what a lead is and what was said about it stays, only its place changes
        env.cr.execute("UPDATE crm_lead SET team_id = NULL, stage_id = %s WHERE id = ANY(%s)", [stage.id, subset.ids])
    env.invalidate_all()


def _used(env, records, field):
    """Return those of the records that a document of any kind refers to through ``field``."""
    used = records.browse()
    for model in env.registry.values():
        target = model._fields.get(field)
        if model._auto and not model._transient and target and target.store and target.comodel_name == records._name:
            used |= env[model._name].search([(field, "in", records.ids)])[field]
    return used


def _forget(env, records):
    """Take the records off the list of what is deleted with the addon."""
    env["ir.model.data"].search(
        [("module", "=", "sales_funnel_addon"), ("model", "=", records._name), ("res_id", "in", records.ids)]
    ).unlink()
