"""Published causal language models as text recommenders: LoRA adapters are trained, and nothing else changes."""
