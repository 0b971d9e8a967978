"""The U-Net of a regressor in plain PyTorch, for ``training_cost.py``, which runs it."""

import json
import sys
import time
from types import SimpleNamespace

import torch
from torch import nn
from torch.nn import functional as f


def torch_unet(network, n_frequencies):
    """Build the U-Net of a regressor: one channel in and out, strides, one convolution a level.

    Parameters
    ----------
    network : UNetRegressor
        Its parameters are taken over.
    n_frequencies : int
        Of the input.

    Returns
    -------
    twin : torch.nn.Module
        From (n_rows, 1, n_frequencies, n_frames) to the same shape.
    """
    activation = {"elu": nn.ELU, "relu": nn.ReLU, "silu": nn.SiLU}[network.activation]

    def block(n_in, n_out, size, *, transposed=False, stride=1, dilation=1):
        size = (size, size) if isinstance(size, int) else size
        padding = [
            dilation_ * (n - 1) // 2 for n, dilation_ in zip(size, (1, dilation), strict=True)
        ]
        layer = nn.ConvTranspose2d if transposed else nn.Conv2d
        convolution = layer(
            n_in, n_out, size, (stride, 1), padding, bias=False, dilation=(1, dilation)
        )
        return nn.Sequential(convolution, nn.BatchNorm2d(n_out), activation())

    class Twin(nn.Module):
        def __init__(self):
            super().__init__()
            self.fold = network.fold
            seen = self.fold
            sizes = [network.first_kernel_size] + [network.kernel_size] * (len(network.filters) - 1)
            channels, height = [seen], -(-n_frequencies // self.fold)
            self.down = nn.ModuleList()
            for n_filters, size in zip(network.filters, sizes, strict=True):
                self.down.append(block(channels[-1], n_filters, size, stride=network.strides[0]))
                channels.append(n_filters)
                height = -(-height // network.strides[0])
            lowest, units = channels[-1], network.bottleneck_units
            inside = units or lowest
            if units:
                self.enter = nn.Sequential(nn.Conv2d(lowest, units, (height, 1)), activation())
                self.leave = nn.ConvTranspose2d(units, lowest, (height, 1))
            kernel = (1 if units else network.kernel_size, network.kernel_size)
            self.along = nn.ModuleList(
                block(inside, inside, kernel, dilation=dilation) for dilation in network.dilations
            )
            self.drop = nn.Dropout2d(network.dropout)
            self.up, below = nn.ModuleList(), lowest
            up = (*network.filters[-2::-1], network.top_filters)
            for level, n_filters in zip(range(len(channels) - 2, -1, -1), up, strict=True):
                self.up.append(
                    block(
                        below, n_filters, sizes[level], transposed=True, stride=network.strides[0]
                    )
                )
                joined = network.skip == "concatenate" and level
                below = n_filters + (channels[level] if joined else 0)
            size = network.kernel_size
            self.last = nn.Conv2d(below + seen, seen, size, padding=size // 2)

        def forward(self, image):
            image = self.fold_in(image)
            seen, levels = image, []
            for layer in self.down:
                levels.append(image)
                image = layer(image)
            inside = self.enter(image) if network.bottleneck_units else image
            for layer in self.along:
                inside = inside + self.drop(layer(inside))
            image = image + self.leave(inside) if network.bottleneck_units else inside
            for layer, level in zip(self.up, reversed(range(len(levels))), strict=True):
                image = layer(image)
                beside = levels[level]
                missing = max(0, beside.shape[2] - image.shape[2])
                image = f.pad(image, (0, 0, 0, missing))[:, :, : beside.shape[2]]
                if level and network.skip == "add":
                    image = image + beside
                elif level:
                    image = torch.cat([image, beside], 1)
            image = self.last(torch.cat([image, seen], 1))
            return self.fold_out(image)

        def fold_in(self, image):
            if self.fold == 1:
                return image
            batch, channels, n, frames = image.shape
            n_folded = -(-n // self.fold)
            image = f.pad(image, (0, 0, 0, n_folded * self.fold - n))
            image = image.reshape(batch, channels, n_folded, self.fold, frames)
            image = image.permute(0, 3, 1, 2, 4)
            return image.reshape(batch, self.fold * channels, n_folded, frames)

        def fold_out(self, image):
            if self.fold == 1:
                return image
            batch, channels, n_folded, frames = image.shape
            image = image.reshape(batch, self.fold, channels // self.fold, n_folded, frames)
            image = image.permute(0, 2, 3, 1, 4)
            image = image.reshape(batch, channels // self.fold, -1, frames)
            return image[:, :, :n_frequencies]

    return Twin()


def main():
    """Print the number of weights; then, for every line that comes, the seconds of a step."""
    parameters, *sizes = sys.argv[1:]
    network = SimpleNamespace(**json.loads(parameters))
    n_rows, n_frequencies, n_frames, n_steps = map(int, sizes)
    torch.set_num_threads(1)
    twin = torch_unet(network, n_frequencies).to(memory_format=torch.channels_last)
    print(sum(parameter.numel() for parameter in twin.parameters()), flush=True)
    shape = (n_rows, 1, n_frequencies, n_frames)
    rows = torch.randn(shape).to(memory_format=torch.channels_last)
    targets = torch.rand(shape)
    optimizer = torch.optim.Adam(twin.parameters(), lr=network.learning_rate)
    twin.train()

    def step():
        optimizer.zero_grad()
        f.mse_loss(twin(rows), targets).backward()
        optimizer.step()

    step()
    for _ in sys.stdin:
        begin = time.process_time()
        for _ in range(n_steps):
            step()
        print((time.process_time() - begin) / n_steps, flush=True)


if __name__ == "__main__":
    main()
