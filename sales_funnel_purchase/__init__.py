from . import models


def post_init_hook(env):
    """Presets that were loaded before the app was there get the stages that follow its documents."""
    env["funnel.preset"]._complete_loaded("sales_funnel_purchase")
