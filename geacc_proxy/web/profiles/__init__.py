"""The pages of profiles: who has which, and what each says."""
