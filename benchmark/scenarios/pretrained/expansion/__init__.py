"""From a setting to stages: data, pre-training by the provider, defenses and use by the platform, measurement."""
