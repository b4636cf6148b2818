"""Crops of pictures, stacked into batches for a net.

Conventions: a picture is (n_mels, n_frames); a batch is (n, 1, n_mels, width), of the pictures' own
type: what is float16 goes to the device as such. A picture shorter than the crop is repeated end to
end, as a loop of the music would sound.
"""

import numpy as np


def random_crops(pictures, width, rng):
    """Cut one crop at a random place from each picture.

    Parameters
    ----------
    pictures : sequence of ndarray of shape (n_mels, n_frames)
    width : int
        Frames of a crop.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of shape (len(pictures), 1, n_mels, width)
    """
    starts = [rng.integers(_spare(picture, width) + 1) for picture in pictures]
    return _stack([crop(p, start, width) for p, start in zip(pictures, starts, strict=True)])


def even_crops(pictures, width, n_crops):
    """Cut crops at even distances from each picture: the middle one when there is one only.

    Parameters
    ----------
    pictures : sequence of ndarray of shape (n_mels, n_frames)
    width : int
        Frames of a crop.
    n_crops : int
        Crops from each picture.

    Returns
    -------
    ndarray of shape (len(pictures) * n_crops, 1, n_mels, width)
        The crops of a picture stand together.
    """
    return _stack(
        [
            crop(picture, start, width)
            for picture in pictures
            for start in even_starts(_spare(picture, width), n_crops)
        ]
    )


def even_starts(spare, n_crops):
    """Spread the starts of crops over ``spare`` frames, ends included.

    Examples
    --------
    >>> even_starts(10, 1), even_starts(10, 3)
    ([5], [0, 5, 10])
    """
    if n_crops == 1:
        return [spare // 2]
    return [spare * i // (n_crops - 1) for i in range(n_crops)]


def crop(picture, start, width):
    """Cut ``width`` frames from ``start`` on, going round where the picture ends."""
    n_frames = picture.shape[1]
    if start + width <= n_frames:
        return picture[:, start : start + width]
    return picture[:, np.arange(start, start + width) % n_frames]


def split_batches(order, batch_size):
    """Split an order into batches that differ by one in size at most, and none smaller than asked.

    A last batch of one clip would have no variance to normalise by.

    Parameters
    ----------
    order : ndarray of int
    batch_size : int

    Returns
    -------
    list of ndarray of int
    """
    return np.array_split(order, max(1, len(order) // batch_size))


def _spare(picture, width):
    return max(0, picture.shape[1] - width)


def _stack(crops):
    return np.stack(crops)[:, None]
