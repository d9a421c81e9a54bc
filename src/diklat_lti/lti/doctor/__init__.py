"""The integration doctor: each link of the chain from us to an LMS and back, whether it holds, and what mends it."""
