"""Feature extractors of other libraries, for comparison."""

import importlib.util

from stemstack.audio import read_clip


def other_extractors():
    """Return the extractors whose library is installed, as functions of a path, by name."""
    makers = {"audioflux": _audioflux, "essentia": _essentia, "opensmile": _opensmile}
    return {
        name: function
        for module, make in makers.items()
        if importlib.util.find_spec(module)
        for name, function in make().items()
    }


def _audioflux():
    import audioflux

    def extract(path):
        samples = read_clip(path)
        transform = audioflux.BFT(
            num=1025, radix2_exp=11, samplate=22050, slide_length=512,
            scale_type=audioflux.type.SpectralFilterBankScaleType.LINEAR,
        )  # fmt: skip
        power = transform.bft(samples, result_type=1)
        spectral = audioflux.Spectral(num=transform.num, fre_band_arr=transform.get_fre_band_arr())
        spectral.set_time_length(power.shape[-1])
        audioflux.mfcc(samples, cc_num=20, samplate=22050, radix2_exp=11, slide_length=512)
        audioflux.mel_spectrogram(samples, num=128, samplate=22050, radix2_exp=11, slide_length=512)
        audioflux.chroma_linear(samples, samplate=22050, radix2_exp=11, slide_length=512)
        return spectral.centroid(power), spectral.flatness(power), spectral.rolloff(power)

    return {"audioflux (mel, mfcc, chroma, 3)": extract}


def _essentia():
    from essentia import standard

    extractor = standard.LowLevelSpectralExtractor(frameSize=2048, hopSize=512, sampleRate=22050)
    return {"essentia (LowLevelSpectral)": lambda path: extractor(read_clip(path))}


def _opensmile():
    import opensmile

    sets = {
        "ComParE_2016": opensmile.FeatureSet.ComParE_2016,
        "eGeMAPS": opensmile.FeatureSet.eGeMAPSv02,
    }
    extractors = {
        name: opensmile.Smile(feature_set=feature_set) for name, feature_set in sets.items()
    }
    return {
        f"openSMILE ({name})": lambda path, smile=smile: smile.process_signal(
            read_clip(path), 22050
        )
        for name, smile in extractors.items()
    }
