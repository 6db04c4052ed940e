"""What an export says of itself, in a way that machines read and nobody changes unnoticed: C2PA manifests."""
